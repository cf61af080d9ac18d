/* Which lines may be markers, told from their first word. Twin: `Rules.candidates` in stream/core/rules/model.py. */

#include "native.h"

#define CJK 0x2E80

static int is_alphabetic(Text text, Py_ssize_t from)
{
    if (from >= text.size)
        return 0;
    for (Py_ssize_t at = from; at < text.size; at++)
        if (!Py_UNICODE_ISALPHA(letter(text, at)))
            return 0;
    return 1;
}

static int is_among(Text text, PyObject *openings)
{
    PyObject *word = native_spelled(text);
    const int known = word == NULL ? -1 : PySet_Contains(openings, word);
    Py_XDECREF(word);
    return known;
}

enum { NO, YES, LONGER }; /* LONGER: it depends on the next word */

/* Whether a rule may match a line that begins with this word, in the lookup spelling; -1 with an exception. */
static int may_begin(Text text, PyObject *openings)
{
    const int known = is_among(text, openings);
    if (known)
        return known;
    if (!is_alphabetic(text, 0))
        return YES;
    if (letter(text, 0) < CJK)
        return text.size == 1 ? LONGER : NO;
    text.size = 1;
    return is_among(text, openings);
}

/* The same for the first `words` words of a line. */
static int may_begin_with(Line line, PyObject *openings, int words)
{
    Py_ssize_t end = PyUnicode_FindChar(line.string, ' ', line.begin, line.end, 1);
    if (words == 2 && end >= 0)
        end = PyUnicode_FindChar(line.string, ' ', end + 1, line.end, 1);
    line.end = end < 0 ? line.end : end;
    line.ascii = line.ascii || is_of_ascii(letters_of(line));
    Spelled spelled;
    if (!native_spell(line, &spelled))
        return -1;
    const Text text = spelled_text(&spelled);
    int may = words == 1 ? may_begin(text, openings) : !is_alphabetic(text, 2) ? YES : is_among(text, openings);
    native_unspell(&spelled);
    return may;
}

/* Whether a rule may match this line; -1 with an exception. */
static int may_be(Line line, PyObject *openings)
{
    const int may = may_begin_with(line, openings, 1);
    return may == LONGER ? may_begin_with(line, openings, 2) : may;
}

/* candidates(lines, places, openings, longest) -> those of the places whose lines have to be looked up */
PyObject *native_candidates(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t count)
{
    Py_ssize_t longest = count == 4 ? PyLong_AsSsize_t(args[3]) : -1;
    if (longest < 0 || !PyList_Check(args[0]) || !PyList_Check(args[1]) || !PyAnySet_Check(args[2])) {
        PyErr_SetString(PyExc_TypeError, "candidates(lines: list, places: list, openings: set, longest: int)");
        return NULL;
    }
    PyObject *found = PyList_New(0);
    for (Py_ssize_t each = 0; found != NULL && each < PyList_GET_SIZE(args[1]); each++) {
        PyObject *place = PyList_GET_ITEM(args[1], each);
        Py_ssize_t at = PyLong_AsSsize_t(place);
        int may = -1;
        if (at >= 0 && at < PyList_GET_SIZE(args[0]) && PyUnicode_Check(PyList_GET_ITEM(args[0], at))) {
            PyObject *line = PyList_GET_ITEM(args[0], at);
            may = PyUnicode_GET_LENGTH(line) <= longest ? may_be(line_of(line), args[2]) : 0;
        }
        else if (!PyErr_Occurred())
            PyErr_SetString(PyExc_TypeError, "a place is the number of a line, which is a str");
        if (may < 0 || (may && PyList_Append(found, place) < 0))
            Py_CLEAR(found);
    }
    return found;
}
