/* The width of each line that is prose. Twins: `weigh` and `prose` in stream/core/markers.py. */

#include "native.h"

#define PROSE 80

/* Twin: `ends_sentence` in stream/core/sentence_ends.py. */
static int ends_in_sentence(Text text, Set ends, Set quotes)
{
    Py_ssize_t end = text.size;
    while (end && in_set(quotes, letter(text, end - 1)))
        end--;
    return end && in_set(ends, letter(text, end - 1));
}

/* Twin: `width` in stream/core/paragraphs.py. */
static Py_ssize_t width_of(Line line, Set wide, Set format)
{
    Text text = letters_of(line);
    Py_ssize_t width = text.size;
    if (!line.ascii)
        for (Py_ssize_t at = 0; at < text.size; at++)
            width += in_set(wide, letter(text, at)) ? 2 : -in_set(format, letter(text, at));
    return width;
}

static Py_ssize_t prose_of(Line line, Set ends, Set quotes, Set wide, Set format)
{
    Text text = letters_of(line);
    if (3 * text.size < PROSE)
        return 0;
    if (!ends_in_sentence(text, ends, quotes))
        return 0;
    Py_ssize_t width = width_of(line, wide, format);
    return width >= PROSE ? width : 0;
}

/* weigh(lines, ends, quotes, wide, format) -> a list with the width of each line that is prose, 0 for others */
PyObject *native_weigh(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t count)
{
    if (count != 5 || !PyList_Check(args[0]) || !PyBytes_Check(args[1]) || !PyBytes_Check(args[2]) ||
        !PyBytes_Check(args[3]) || !PyBytes_Check(args[4])) {
        PyErr_SetString(PyExc_TypeError, "weigh(lines: list, ends: bytes, quotes: bytes, wide: bytes, format: bytes)");
        return NULL;
    }
    PyObject *lines = args[0], *weights = PyList_New(PyList_GET_SIZE(lines));
    Set ends = set_of(args[1]), quotes = set_of(args[2]), wide = set_of(args[3]), format = set_of(args[4]);
    for (Py_ssize_t at = 0; weights != NULL && at < PyList_GET_SIZE(weights); at++) {
        PyObject *line = PyList_GET_ITEM(lines, at), *weight = NULL;
        if (PyUnicode_Check(line))
            weight = PyLong_FromSsize_t(prose_of(line_of(line), ends, quotes, wide, format));
        else
            PyErr_SetString(PyExc_TypeError, "a line is a str");
        if (weight == NULL)
            Py_CLEAR(weights);
        else
            PyList_SET_ITEM(weights, at, weight);
    }
    return weights;
}
