/* Where a plain tail begins. Twins: `opening_of` and `is_quiet` in stream/core/footer/plain.py. */

#include "native.h"

#define PROSE 80
#define LONGEST 10 /* lines of the tail */
#define PAIR 2     /* half characters of a Latin letter */
#define WIDEST 5   /* and of an ideograph */
#define CLOSED 1
#define LOOKED_AT 60     /* lines that `halves_of` examines */
#define OF_THE_FIRST 200 /* characters whose script it examines */

/* Twin: `effective` in stream/core/footer/codes.py. */
static inline Py_ssize_t effective(Line line, int per_letter)
{
    Py_ssize_t size = size_of(line);
    return per_letter <= PAIR || line.ascii ? size : size * per_letter >> 1;
}

/* Whether a letter belongs to a script that spells a word in several letters. Twin: `_SPELLED` there. */
static inline int is_spelled(Py_UCS4 each)
{
    return each >= 0x900 && (each < 0x1100 || (each >= 0x1780 && each < 0x18B0) || (each >= 0x1900 && each < 0x1C80) ||
                             (each >= 0xA800 && each < 0xABF0));
}

/* What a character that is not ASCII counts on this page, in half characters. Twin: `halves` there. */
static int halves_of(const Line *lines, Py_ssize_t end)
{
    Py_ssize_t size = -1, bytes = -1; /* of the lines, joined by line feeds: there is none before the first */
    int spaced = 0;                   /* among the first characters is one for which `is_spelled` */
    for (Py_ssize_t at = 0; at < end && at < LOOKED_AT; at++) {
        Text text = letters_of(lines[at]);
        size++;
        bytes++;
        for (Py_ssize_t each = 0; each < text.size; each++, size++) {
            const Py_UCS4 one = letter(text, each);
            bytes += one < 0x80 ? 1 : one < 0x800 ? 2 : one < 0x10000 ? 3 : 4;
            spaced |= size < OF_THE_FIRST && is_spelled(one);
        }
    }
    return bytes * 100 > (size + 1) * 205 && !spaced ? WIDEST : PAIR;
}

/* The code of what a line ends with. Twin: `end_of` there. */
int native_end(Text text, PyObject *ends, Set quotes)
{
    Py_UCS4 last = letter(text, text.size - 1);
    if (in_set(quotes, last) && text.size > 1) {
        Py_UCS4 before = letter(text, text.size - 2);
        return value_of(ends, before) == CLOSED || before == ',' || before == 0xFF0C ? CLOSED : 6;
    }
    return value_of(ends, last);
}

static int is_closed(const Tails *tails, Line line)
{
    return size_of(line) && native_end(letters_of(line), tails->ends, tails->quotes) == CLOSED;
}

int native_is_quiet(const Tails *tails, const Line *lines, Py_ssize_t end)
{
    Py_ssize_t from = end > 2 ? end - 2 : 0;
    int ascii = 1;
    for (Py_ssize_t at = from; at < end; at++) {
        if (effective(lines[at], WIDEST) < PROSE || !is_closed(tails, lines[at]))
            return 0;
        ascii &= lines[at].ascii;
    }
    int silent = native_silent(tails->lookup, lines, end);
    if (silent != 1 || ascii)
        return silent;
    int per_letter = halves_of(lines, end);
    for (Py_ssize_t at = from; at < end; at++)
        if (effective(lines[at], per_letter) < PROSE)
            return 0;
    return 1;
}

Py_ssize_t native_opening_of(const Tails *tails, const Line *lines, Py_ssize_t end)
{
    Py_ssize_t begin = end;
    for (Py_ssize_t at = end - 1; at > 0 && at > end - LONGEST - 2; at--)
        if (effective(lines[at], WIDEST) >= PROSE) {
            begin = at + 1;
            break;
        }
    if (begin <= 1 || begin >= end - 1)
        return end;
    for (Py_ssize_t at = begin + 1; at < end; at++)
        if (is_closed(tails, lines[at]))
            return end;
    int topic = native_topic(tails->lookup, lines[begin]);
    if (topic < 0 || !in_set(tails->opens, (Py_UCS4)topic))
        return topic < 0 ? -1 : end;
    int quiet = native_is_quiet(tails, lines, begin);
    return quiet < 0 ? -1 : quiet ? begin : end;
}

Line *native_lines(PyObject *list)
{
    Py_ssize_t end = PyList_Check(list) ? PyList_GET_SIZE(list) : 0;
    Line *lines = PyMem_Malloc((end + 1) * sizeof(Line));
    if (lines == NULL)
        return (Line *)PyErr_NoMemory();
    int strings = PyList_Check(list);
    for (Py_ssize_t at = 0; at < end && strings; at++) {
        strings = PyUnicode_Check(PyList_GET_ITEM(list, at));
        if (strings)
            lines[at] = line_of(PyList_GET_ITEM(list, at));
    }
    if (!strings) {
        PyMem_Free(lines);
        PyErr_SetString(PyExc_TypeError, "lines are a list of str");
        return NULL;
    }
    return lines;
}

/* opening(texts, lookup, ends, quotes, opens) -> the index of the heading that opens a plain tail, or len(texts) */
PyObject *native_opening(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t count)
{
    if (count != 5 || !PyObject_TypeCheck(args[1], &native_Lookup) || !PyBytes_Check(args[2]) ||
        !PyBytes_Check(args[3]) || !PyBytes_Check(args[4])) {
        PyErr_SetString(PyExc_TypeError, "opening(texts: list, lookup, ends: bytes, quotes: bytes, opens: bytes)");
        return NULL;
    }
    Line *lines = native_lines(args[0]);
    if (lines == NULL)
        return NULL;
    Tails tails = {args[1], args[2], set_of(args[3]), set_of(args[4])};
    Py_ssize_t begin = native_opening_of(&tails, lines, PyList_GET_SIZE(args[0]));
    PyMem_Free(lines);
    return begin < 0 ? NULL : PyLong_FromSsize_t(begin);
}
