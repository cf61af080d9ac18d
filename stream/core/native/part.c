/* The text that stays, and the removals as a tuple. Twin: `_part` in stream/core/cleaning.py. */

#include "native.h"

static int is_blank(PyObject *first, Py_ssize_t at)
{
    return at < PyList_GET_SIZE(first) && PyLong_AsLong(PyList_GET_ITEM(first, at)) < 0;
}

static PyObject *text_from(PyObject *lines, Py_ssize_t begin, Py_ssize_t at, PyObject *separator)
{
    if (begin == at)
        return Py_NewRef(PyList_GET_ITEM(lines, at));
    PyObject *part = PyList_GetSlice(lines, begin, at + 1);
    PyObject *text = part == NULL ? NULL : PyUnicode_Join(separator, part);
    Py_XDECREF(part);
    return text;
}

/* Makes a Removal, a named tuple of five. `why` holds the last three: the reason, the line it repeats, the rule. */
static PyObject *removal_of(PyTypeObject *type, Py_ssize_t begin, PyObject *text, PyObject *why)
{
    PyObject *line = PyLong_FromSsize_t(begin + 1), *removal = line == NULL ? NULL : type->tp_alloc(type, 5);
    if (removal == NULL) {
        Py_XDECREF(line);
        return NULL;
    }
    PyTuple_SET_ITEM(removal, 0, line);
    PyTuple_SET_ITEM(removal, 1, Py_NewRef(text));
    for (Py_ssize_t each = 0; each < 3; each++)
        PyTuple_SET_ITEM(removal, 2 + each, Py_NewRef(PyTuple_GET_ITEM(why, each)));
    return removal;
}

/* Makes the Removal of the line at `place` and the blank lines before it, and puts None for each into `stays`. */
static PyObject *taken(PyTypeObject *type, PyObject *gone, PyObject *place, PyObject *const *args, PyObject *stays)
{
    PyObject *why = PyDict_GetItemWithError(gone, place);
    Py_ssize_t at = PyLong_AsSsize_t(place), begin = at;
    if (at < 0 || at >= PyList_GET_SIZE(stays) || why == NULL || !PyTuple_Check(why) || PyTuple_GET_SIZE(why) != 3) {
        if (!PyErr_Occurred())
            PyErr_SetString(PyExc_ValueError, "gone: a line's number -> three things");
        return NULL;
    }
    while (begin && is_blank(args[3], begin - 1))
        begin--;
    if (PyErr_Occurred())
        return NULL;
    for (Py_ssize_t each = begin; each <= at; each++)
        if (PyList_SetItem(stays, each, Py_NewRef(Py_None)) < 0)
            return NULL;
    PyObject *text = text_from(args[2], begin, at, args[4]);
    PyObject *removal = text == NULL ? NULL : removal_of(type, begin, text, why);
    Py_XDECREF(text);
    return removal;
}

static PyObject *joined(PyObject *stays, PyObject *separator)
{
    Py_ssize_t used = 0;
    for (Py_ssize_t at = 0; at < PyList_GET_SIZE(stays); at++) {
        PyObject *line = PyList_GET_ITEM(stays, at);
        if (line == Py_None)
            continue;
        PyList_SET_ITEM(stays, at, PyList_GET_ITEM(stays, used)); /* None, or the line itself */
        PyList_SET_ITEM(stays, used++, line);
    }
    if (PyList_SetSlice(stays, used, PyList_GET_SIZE(stays), NULL) < 0)
        return NULL;
    return PyUnicode_Join(separator, stays);
}

/* part(type, gone, lines, first, separator) -> (text, removals): `gone` has why each line goes, by its index; `first`
   is -1 for blank lines; `type` is Removal */
PyObject *native_part(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t count)
{
    if (count != 5 || !PyType_Check(args[0]) || !PyType_IsSubtype((PyTypeObject *)args[0], &PyTuple_Type) ||
        !PyDict_Check(args[1]) || !PyList_Check(args[2]) || !PyList_Check(args[3]) || !PyUnicode_Check(args[4])) {
        PyErr_SetString(PyExc_TypeError, "part(type, gone: dict, lines: list, first: list, separator: str)");
        return NULL;
    }
    PyObject *stays = PyList_GetSlice(args[2], 0, PyList_GET_SIZE(args[2])), *places = PyDict_Keys(args[1]);
    PyObject *removals = NULL, *kept = NULL, *both = NULL;
    if (stays == NULL || places == NULL || PyList_Sort(places) < 0)
        goto done;
    removals = PyTuple_New(PyList_GET_SIZE(places));
    for (Py_ssize_t each = 0; removals != NULL && each < PyList_GET_SIZE(places); each++) {
        PyObject *removal = taken((PyTypeObject *)args[0], args[1], PyList_GET_ITEM(places, each), args, stays);
        if (removal == NULL)
            goto done;
        PyTuple_SET_ITEM(removals, each, removal);
    }
    kept = removals == NULL ? NULL : joined(stays, args[4]);
    if (kept != NULL)
        both = PyTuple_Pack(2, kept, removals);
done:
    Py_XDECREF(stays);
    Py_XDECREF(places);
    Py_XDECREF(removals);
    Py_XDECREF(kept);
    return both;
}
