/* Where a plain tail may begin. Twin: `opening_of` in stream/tail/plain.py. */

#include "native.h"

#define PROSE 80
#define LONGEST 10 /* lines of the tail */
#define PAIR 2
#define WIDEST 5
#define CLOSED 1

static inline Py_ssize_t effective(PyObject *line, int per_letter)
{
    Py_ssize_t size = PyUnicode_GET_LENGTH(line);
    return per_letter <= PAIR || PyUnicode_IS_ASCII(line) ? size : size * per_letter >> 1;
}

/* What a line ends with. Twin: `end_of` in stream/tail/lines.py. */
int native_end(Text text, PyObject *ends, Set quotes)
{
    Py_UCS4 last = letter(text, text.size - 1);
    if (in_set(quotes, last) && text.size > 1) {
        Py_UCS4 before = letter(text, text.size - 2);
        return value_of(ends, before) == CLOSED || before == ',' || before == 0xFF0C ? CLOSED : 6;
    }
    return value_of(ends, last);
}

static int is_closed(PyObject *line, PyObject *ends, Set quotes)
{
    return PyUnicode_GET_LENGTH(line) && native_end(text_of(line), ends, quotes) == CLOSED;
}

/* Whether the last two lines before `end` are prose and no line up to there says anything; -1 with an exception. */
static int is_quiet(PyObject *texts, Py_ssize_t end, PyObject *lookup, PyObject *ends, Set quotes, PyObject *halves)
{
    Py_ssize_t from = end > 2 ? end - 2 : 0;
    int ascii = 1;
    for (Py_ssize_t at = from; at < end; at++) {
        PyObject *line = PyList_GET_ITEM(texts, at);
        if (effective(line, WIDEST) < PROSE || !is_closed(line, ends, quotes))
            return 0;
        ascii &= PyUnicode_IS_ASCII(line);
    }
    int silent = native_silent(lookup, texts, end);
    if (silent != 1 || ascii)
        return silent;
    PyObject *body = PyList_GetSlice(texts, 0, end);
    PyObject *found = body == NULL ? NULL : PyObject_CallOneArg(halves, body);
    Py_XDECREF(body);
    long per_letter = found == NULL ? -1 : PyLong_AsLong(found);
    Py_XDECREF(found);
    if (per_letter < 0)
        return -1;
    for (Py_ssize_t at = from; at < end && at < PyList_GET_SIZE(texts); at++)
        if (effective(PyList_GET_ITEM(texts, at), (int)per_letter) < PROSE)
            return 0;
    return 1;
}

/* opening(texts, lookup, ends, quotes, halves, opens): the place of the heading, or len(texts) */
PyObject *native_opening(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t count)
{
    if (count != 6 || !PyList_Check(args[0]) || !PyObject_TypeCheck(args[1], &native_Lookup) ||
        !PyBytes_Check(args[2]) || !PyBytes_Check(args[3]) || !PyBytes_Check(args[5])) {
        PyErr_SetString(PyExc_TypeError, "opening(texts: list, lookup, ends: bytes, quotes: bytes, halves, opens: bytes)");
        return NULL;
    }
    PyObject *texts = args[0], *ends = args[2];
    Set quotes = set_of(args[3]);
    Py_ssize_t end = PyList_GET_SIZE(texts), begin = end;
    for (Py_ssize_t at = 0; at < end; at++)
        if (!PyUnicode_Check(PyList_GET_ITEM(texts, at))) {
            PyErr_SetString(PyExc_TypeError, "a line is a str");
            return NULL;
        }
    for (Py_ssize_t at = end - 1; at > 0 && at > end - LONGEST - 2; at--)
        if (effective(PyList_GET_ITEM(texts, at), WIDEST) >= PROSE) {
            begin = at + 1;
            break;
        }
    if (begin <= 1 || begin >= end - 1)
        return PyLong_FromSsize_t(end);
    for (Py_ssize_t at = begin + 1; at < end; at++)
        if (is_closed(PyList_GET_ITEM(texts, at), ends, quotes))
            return PyLong_FromSsize_t(end);
    int topic = native_topic(args[1], PyList_GET_ITEM(texts, begin));
    int quiet = topic < 0 || !in_set(set_of(args[5]), (Py_UCS4)topic)
                    ? topic < 0 ? -1 : 0
                    : is_quiet(texts, begin, args[1], ends, quotes, args[4]);
    return quiet < 0 ? NULL : PyLong_FromSsize_t(quiet ? begin : end);
}
