/* The commonest forms of repeats: none at all, or a single run of lines that copies one block above it. Twin:
   `_repeats` in stream/core/cleaning.py, which answers for all other forms. */

#include "native.h"

typedef struct {
    Py_ssize_t first; /* index of the first line equal to it; -1: it is blank */
    int goes;
} Place;

/* Marks the repeats; gives 0 if they are not of these forms. */
static int is_one_run(Place *places, Py_ssize_t count)
{
    Py_ssize_t begin = -1, next = -1; /* where the run begins; the line of the block that it has to repeat next */
    int ended = 0;                    /* a line that is not a repeat came after the run */
    for (Py_ssize_t at = 0; at < count; at++) {
        const Py_ssize_t first = places[at].first;
        if (first < 0) /* a blank line */
            continue;
        if (first == at) {
            ended = begin >= 0;
            continue;
        }
        while (begin >= 0 && next < begin && places[next].first < 0)
            next++; /* blank lines in the block do not count */
        if (first > at || ended || (begin >= 0 && (first != next || next >= begin)))
            return 0;
        if (begin < 0)
            begin = at;
        next = first + 1;
        places[at].goes = 1;
    }
    return 1;
}

static int put(PyObject *gone, Py_ssize_t place, Py_ssize_t first, PyObject *reason)
{
    PyObject *key = PyLong_FromSsize_t(place), *why = Py_BuildValue("OnO", reason, first + 1, Py_None);
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
        if (places[at].first >= 0)
            done = places[at].goes ? put(gone, at, places[at].first, reason) : add(stay, at);
    if (done == 0)
        both = PyTuple_Pack(2, gone, stay);
    Py_XDECREF(gone);
    Py_XDECREF(stay);
    return both;
}

/* repeats(first, reason) -> (gone, places): for each repeat (reason, 1-based line that it repeats, None), by its index;
   and the indices of all other lines that are not blank. None if the repeats are not of these forms. */
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
        const long first = PyLong_AsLong(PyList_GET_ITEM(args[0], at));
        if (first == -1 && PyErr_Occurred()) {
            PyMem_Free(places);
            return NULL;
        }
        places[at].first = first < 0 ? -1 : first < lines ? first : PY_SSIZE_T_MAX;
    }
    PyObject *found = is_one_run(places, lines) ? told(places, lines, args[1]) : Py_NewRef(Py_None);
    PyMem_Free(places);
    return found;
}
