/* Which lines may be markers, by their first word. Twin: `Rules.candidates` in stream/rules/model.py. */

#include "native.h"

#define CJK 0x2E80

/* Whether a rule may find a line that begins with this word, in the one spelling; -1 with an exception. */
static int may_begin(Text text, PyObject *openings)
{
    PyObject *word = native_spelled(text), *first = NULL;
    int known = word == NULL ? -1 : PySet_Contains(openings, word), alphabetic = text.size > 0;
    Py_XDECREF(word);
    if (known)
        return known;
    for (Py_ssize_t at = 0; at < text.size && alphabetic; at++)
        alphabetic = Py_UNICODE_ISALPHA(letter(text, at));
    if (!alphabetic)
        return 1;
    if (letter(text, 0) < CJK)
        return 0;
    text.size = 1;
    first = native_spelled(text);
    known = first == NULL ? -1 : PySet_Contains(openings, first);
    Py_XDECREF(first);
    return known;
}

int native_may_be(Line line, PyObject *openings)
{
    const Py_ssize_t end = PyUnicode_FindChar(line.string, ' ', line.begin, line.end, 1);
    line.end = end < 0 ? line.end : end;
    line.ascii = line.ascii || is_of_ascii(letters_of(line));
    Spelled spelled;
    if (!native_spell(line, &spelled))
        return -1;
    int may = may_begin(spelled_text(&spelled), openings);
    native_unspell(&spelled);
    return may;
}

/* candidates(lines, places, openings, longest): those of the places whose lines have to be looked up */
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
            may = PyUnicode_GET_LENGTH(line) <= longest ? native_may_be(line_of(line), args[2]) : 0;
        }
        else if (!PyErr_Occurred())
            PyErr_SetString(PyExc_TypeError, "a place is the number of a line, which is a str");
        if (may < 0 || (may && PyList_Append(found, place) < 0))
            Py_CLEAR(found);
    }
    return found;
}
