/* What went, as a tuple of Removal. Twin: `_removals` in stream/cleaning.py. */

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

/* A Removal: a tuple of five with a name. `why` is the reason, the line it repeats, the rule. */
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

/* removals(type, gone, lines, first, separator): `gone` is line -> why; `first` is -1 for blank lines */
PyObject *native_removals(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t count)
{
    if (count != 5 || !PyType_Check(args[0]) || !PyType_IsSubtype((PyTypeObject *)args[0], &PyTuple_Type) ||
        !PyDict_Check(args[1]) || !PyList_Check(args[2]) || !PyList_Check(args[3]) || !PyUnicode_Check(args[4])) {
        PyErr_SetString(PyExc_TypeError, "removals(type, gone: dict, lines: list, first: list, separator: str)");
        return NULL;
    }
    PyObject *gone = args[1], *lines = args[2], *first = args[3];
    PyObject *places = PyDict_Keys(gone), *found = NULL;
    if (places == NULL || PyList_Sort(places) < 0 || (found = PyTuple_New(PyList_GET_SIZE(places))) == NULL)
        goto failed;
    for (Py_ssize_t each = 0; each < PyList_GET_SIZE(places); each++) {
        PyObject *place = PyList_GET_ITEM(places, each), *why = PyDict_GetItemWithError(gone, place);
        Py_ssize_t at = PyLong_AsSsize_t(place), begin = at;
        if (at < 0 || at >= PyList_GET_SIZE(lines) || why == NULL || !PyTuple_Check(why) || PyTuple_GET_SIZE(why) != 3) {
            if (!PyErr_Occurred())
                PyErr_SetString(PyExc_ValueError, "gone: a line's number -> three things");
            goto failed;
        }
        while (begin && is_blank(first, begin - 1))
            begin--;
        PyObject *text = text_from(lines, begin, at, args[4]);
        PyObject *removal = text == NULL ? NULL : removal_of((PyTypeObject *)args[0], begin, text, why);
        Py_XDECREF(text);
        if (removal == NULL)
            goto failed;
        PyTuple_SET_ITEM(found, each, removal);
    }
    Py_DECREF(places);
    return found;
failed:
    Py_XDECREF(places);
    Py_XDECREF(found);
    return NULL;
}
