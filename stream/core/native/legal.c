/* Whether a line contains legal words. Twin: `is_legal` in stream/core/rules/topics.py. */

#include "native.h"

static const char words[] = "ights reserved";

/* Whether a line contains "ights reserved". Four of its characters are tested at every place first; the compiler turns
   that loop into a few vector instructions, and nearly every line fails the test. */
static int is_reserved(const char *line, Py_ssize_t size)
{
    const Py_ssize_t all = sizeof words - 1;
    char any = 0;
    for (Py_ssize_t at = 0; at <= size - all; at++)
        any |= (char)((char)(line[at] == words[0]) & (char)(line[at + 1] == words[1]) & (char)(line[at + 5] == ' ') &
                      (char)(line[at + 11] == words[11]));
    for (Py_ssize_t at = 0; any && at <= size - all; at++)
        if (memcmp(line + at, words, all) == 0)
            return 1;
    return 0;
}

int native_is_legal(Line line)
{
    Text text = letters_of(line);
    if (line.ascii && text.kind == PyUnicode_1BYTE_KIND)
        return is_reserved(text.data, text.size);
    Py_ssize_t found = PyUnicode_FindChar(line.string, 0xA9, line.begin, line.end, 1);
    if (found == -1) {
        PyObject *wanted = PyUnicode_FromString(words);
        found = wanted == NULL ? -2 : PyUnicode_Find(line.string, wanted, line.begin, line.end, 1);
        Py_XDECREF(wanted);
    }
    return found == -2 ? -1 : found >= 0;
}
