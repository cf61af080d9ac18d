/* The commonest repeats: none, or one run of lines that stands somewhere before as it is. Twin: the first half of
   `_repeats` in stream/cleaning.py. */

#include "native.h"

static int put(PyObject *gone, Py_ssize_t place, Py_ssize_t of, PyObject *reason)
{
    PyObject *key = PyLong_FromSsize_t(place), *why = Py_BuildValue("OnO", reason, of + 1, Py_None);
    int done = key == NULL || why == NULL ? -1 : PyDict_SetItem(gone, key, why);
    Py_XDECREF(key);
    Py_XDECREF(why);
    return done;
}

static int add(PyObject *places, Py_ssize_t place)
{
    PyObject *number = PyLong_FromSsize_t(place);
    int done = number == NULL ? -1 : PyList_Append(places, number);
    Py_XDECREF(number);
    return done;
}

/* Puts what repeats into `gone`, all else but blank lines into `places`; 0 where it is not so simple, -1 with an
   exception. */
static int part(PyObject *first, PyObject *reason, PyObject *gone, PyObject *places)
{
    Py_ssize_t begin = -1, next = -1; /* of the run; in its source, the line after the last one */
    int ended = 0;
    for (Py_ssize_t place = 0; place < PyList_GET_SIZE(first); place++) {
        Py_ssize_t of = PyLong_AsSsize_t(PyList_GET_ITEM(first, place));
        if (of < 0) { /* a blank line */
            if (PyErr_Occurred())
                return -1;
            continue;
        }
        if (of == place) {
            ended = begin >= 0;
            if (add(places, place) < 0)
                return -1;
            continue;
        }
        while (begin >= 0 && next < begin && PyLong_AsLong(PyList_GET_ITEM(first, next)) < 0)
            next++; /* blank lines of the source are none */
        if (of > place || ended || (begin >= 0 && (of != next || next >= begin)))
            return 0;
        if (begin < 0)
            begin = place;
        next = of + 1;
        if (put(gone, place, of, reason) < 0)
            return -1;
    }
    return 1;
}

/* repeats(first, reason): line -> (reason, the number of the line it repeats, None), and the places of the other lines
   that are not blank; None where it is not so simple */
PyObject *native_repeats(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t count)
{
    if (count != 2 || !PyList_Check(args[0])) {
        PyErr_SetString(PyExc_TypeError, "repeats(first: list, reason)");
        return NULL;
    }
    PyObject *gone = PyDict_New(), *places = PyList_New(0), *found = NULL;
    int simple = gone == NULL || places == NULL ? -1 : part(args[0], args[1], gone, places);
    if (simple >= 0)
        found = simple ? PyTuple_Pack(2, gone, places) : Py_NewRef(Py_None);
    Py_XDECREF(gone);
    Py_XDECREF(places);
    return found;
}
