/* The commonest repeats: none, or one run of lines that stands somewhere before as it is. Twin: the first half of
   `_repeats` in stream/core/cleaning.py. */

#include "native.h"

/* Marks what repeats; 0 where it is not so simple. */
int native_runs(Place *places, Py_ssize_t count)
{
    Py_ssize_t begin = -1, next = -1; /* of the run; in its source, the line after the last one */
    int ended = 0;
    for (Py_ssize_t at = 0; at < count; at++) {
        const Py_ssize_t of = places[at].of;
        places[at].gone = STAYS;
        if (of < 0) /* a blank line */
            continue;
        if (of == at) {
            ended = begin >= 0;
            continue;
        }
        while (begin >= 0 && next < begin && places[next].of < 0)
            next++; /* blank lines of the source are none */
        if (of > at || ended || (begin >= 0 && (of != next || next >= begin)))
            return 0;
        if (begin < 0)
            begin = at;
        next = of + 1;
        places[at].gone = REPEATS;
    }
    return 1;
}

static int put(PyObject *gone, Py_ssize_t place, Py_ssize_t of, PyObject *reason)
{
    PyObject *key = PyLong_FromSsize_t(place), *why = Py_BuildValue("OnO", reason, of + 1, Py_None);
    int done = key == NULL || why == NULL ? -1 : PyDict_SetItem(gone, key, why);
    Py_XDECREF(key);
    Py_XDECREF(why);
    return done;
}

static int add(PyObject *stay, Py_ssize_t place)
{
    PyObject *number = PyLong_FromSsize_t(place);
    int done = number == NULL ? -1 : PyList_Append(stay, number);
    Py_XDECREF(number);
    return done;
}

static PyObject *told(const Place *places, Py_ssize_t count, PyObject *reason)
{
    PyObject *gone = PyDict_New(), *stay = PyList_New(0), *both = NULL;
    int done = gone == NULL || stay == NULL ? -1 : 0;
    for (Py_ssize_t at = 0; at < count && done == 0; at++)
        if (places[at].of >= 0)
            done = places[at].gone ? put(gone, at, places[at].of, reason) : add(stay, at);
    if (done == 0)
        both = PyTuple_Pack(2, gone, stay);
    Py_XDECREF(gone);
    Py_XDECREF(stay);
    return both;
}

/* repeats(first, reason): line -> (reason, the number of the line it repeats, None), and the places of the other lines
   that are not blank; None where it is not so simple */
PyObject *native_repeats(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t count)
{
    if (count != 2 || !PyList_Check(args[0])) {
        PyErr_SetString(PyExc_TypeError, "repeats(first: list, reason)");
        return NULL;
    }
    Py_ssize_t lines = PyList_GET_SIZE(args[0]);
    Place *places = PyMem_Calloc(lines + 1, sizeof(Place));
    if (places == NULL)
        return PyErr_NoMemory();
    for (Py_ssize_t at = 0; at < lines; at++) {
        const long of = PyLong_AsLong(PyList_GET_ITEM(args[0], at));
        if (of == -1 && PyErr_Occurred()) {
            PyMem_Free(places);
            return NULL;
        }
        places[at].of = of < 0 ? -1 : of < lines ? (int32_t)of : INT32_MAX;
    }
    PyObject *found = native_runs(places, lines) ? told(places, lines, args[1]) : Py_NewRef(Py_None);
    PyMem_Free(places);
    return found;
}
