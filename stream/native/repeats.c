/* The commonest repeats: none, or one run of lines that stands somewhere before as it is. Twin: the first half of
   `repeats_of` in stream/repeats.py. */

#include "native.h"

static int put(PyObject *found, Py_ssize_t place, PyObject *of)
{
    PyObject *key = PyLong_FromSsize_t(place);
    int done = key == NULL ? -1 : PyDict_SetItem(found, key, of);
    Py_XDECREF(key);
    return done;
}

/* block(first): a dictionary, place -> the place of the line it repeats, in order; None where it is not so simple */
PyObject *native_block(PyObject *Py_UNUSED(module), PyObject *first)
{
    if (!PyList_Check(first)) {
        PyErr_SetString(PyExc_TypeError, "block(first: list)");
        return NULL;
    }
    Py_ssize_t begin = -1, next = -1, size = PyList_GET_SIZE(first);
    int ended = 0;
    PyObject *found = PyDict_New();
    for (Py_ssize_t place = 0; found != NULL && place < size; place++) {
        PyObject *number = PyList_GET_ITEM(first, place);
        Py_ssize_t of = PyLong_AsSsize_t(number);
        if (of == -1 && PyErr_Occurred()) {
            Py_CLEAR(found);
            break;
        }
        if (of < 0) /* a blank line */
            continue;
        if (of == place) {
            ended = begin >= 0;
            continue;
        }
        /* the next line of the source: blank ones between are none */
        while (begin >= 0 && next < begin && PyLong_AsLong(PyList_GET_ITEM(first, next)) < 0)
            next++;
        if (of > place || ended || (begin >= 0 && (of != next || next >= begin))) {
            Py_DECREF(found);
            Py_RETURN_NONE;
        }
        if (begin < 0)
            begin = place;
        next = of + 1;
        if (put(found, place, number) < 0)
            Py_CLEAR(found);
    }
    return found;
}
