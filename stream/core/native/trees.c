/* The scores of cuts: the sum of all trees. Twin: `Model.score` in stream/core/footer/model.py. */

#include "native.h"

#define MOST 64 /* maximum number of features */

typedef struct {
    int64_t value;                /* the threshold; of a leaf its score */
    int32_t feature, left, right; /* of a leaf -1, 0, 0 */
} Node;

typedef struct {
    PyObject_HEAD
    Py_ssize_t trees, features;
    Py_ssize_t *roots;
    Node *nodes;
} Trees;

static int64_t item_of(PyObject *tree, const char *name, Py_ssize_t at)
{
    PyObject *column = PyDict_GetItemString(tree, name);
    if (column == NULL || !PyList_Check(column) || at >= PyList_GET_SIZE(column)) {
        PyErr_Format(PyExc_ValueError, "a tree without its %s", name);
        return -1;
    }
    return PyLong_AsLongLong(PyList_GET_ITEM(column, at));
}

/* Reads a tree into `nodes`. Checks that children come after their parent, so that no walk is endless. */
static int read_tree(PyObject *tree, Py_ssize_t size, Py_ssize_t features, Node *nodes)
{
    for (Py_ssize_t at = 0; at < size; at++) {
        int64_t feature = item_of(tree, "f", at), value = item_of(tree, "v", at);
        int64_t left = item_of(tree, "l", at), right = item_of(tree, "r", at);
        if (PyErr_Occurred())
            return -1;
        if (feature < 0)
            feature = -1, left = right = 0;
        else if (feature >= features || left <= at || left >= size || right <= at || right >= size) {
            PyErr_SetString(PyExc_ValueError, "a tree with a branch to nowhere");
            return -1;
        }
        nodes[at] = (Node){value, (int32_t)feature, (int32_t)left, (int32_t)right};
    }
    return 0;
}

static PyObject *trees_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *trees;
    Py_ssize_t features, nodes = 0;
    if ((kwargs != NULL && PyDict_GET_SIZE(kwargs)) || !PyArg_ParseTuple(args, "O!n", &PyList_Type, &trees, &features))
        return NULL;
    if (features < 1 || features > MOST) {
        PyErr_Format(PyExc_ValueError, "1 to %d features", MOST);
        return NULL;
    }
    Trees *self = (Trees *)type->tp_alloc(type, 0);
    if (self == NULL)
        return NULL;
    self->trees = PyList_GET_SIZE(trees);
    self->features = features;
    self->roots = PyMem_Malloc((self->trees + 1) * sizeof(Py_ssize_t));
    for (Py_ssize_t at = 0; self->roots != NULL && at < self->trees; at++) {
        PyObject *tree = PyList_GET_ITEM(trees, at);
        PyObject *column = PyDict_Check(tree) ? PyDict_GetItemString(tree, "f") : NULL;
        if (column == NULL || !PyList_Check(column) || PyList_GET_SIZE(column) < 1) {
            PyErr_SetString(PyExc_ValueError, "a tree without nodes");
            Py_DECREF(self);
            return NULL;
        }
        self->roots[at] = nodes;
        nodes += PyList_GET_SIZE(column);
    }
    self->nodes = PyMem_Malloc((nodes + 1) * sizeof(Node));
    if (self->roots == NULL || self->nodes == NULL) {
        Py_DECREF(self);
        return PyErr_NoMemory();
    }
    self->roots[self->trees] = nodes;
    for (Py_ssize_t at = 0; at < self->trees; at++) {
        Py_ssize_t root = self->roots[at], size = self->roots[at + 1] - root;
        if (read_tree(PyList_GET_ITEM(trees, at), size, features, self->nodes + root) < 0) {
            Py_DECREF(self);
            return NULL;
        }
    }
    return (PyObject *)self;
}

static void trees_dealloc(Trees *self)
{
    PyMem_Free(self->roots);
    PyMem_Free(self->nodes);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

static PyObject *score_of(const Trees *self, PyObject *row)
{
    int64_t values[MOST], sum = 0;
    if (!PyTuple_Check(row) || PyTuple_GET_SIZE(row) != self->features) {
        PyErr_SetString(PyExc_ValueError, "a row is a tuple with a number for each feature");
        return NULL;
    }
    for (Py_ssize_t at = 0; at < self->features; at++) {
        values[at] = PyLong_AsLongLong(PyTuple_GET_ITEM(row, at));
        if (values[at] == -1 && PyErr_Occurred())
            return NULL;
    }
    for (Py_ssize_t at = 0; at < self->trees; at++) {
        const Node *tree = self->nodes + self->roots[at], *node = tree;
        while (node->feature >= 0)
            node = tree + (values[node->feature] > node->value ? node->right : node->left);
        sum += node->value;
    }
    return PyLong_FromLongLong(sum);
}

/* scores(rows) -> a list with the score of each row */
static PyObject *trees_scores(Trees *self, PyObject *rows)
{
    if (!PyList_Check(rows)) {
        PyErr_SetString(PyExc_TypeError, "scores(rows: list)");
        return NULL;
    }
    PyObject *scores = PyList_New(PyList_GET_SIZE(rows));
    for (Py_ssize_t at = 0; scores != NULL && at < PyList_GET_SIZE(scores); at++) {
        PyObject *score = score_of(self, PyList_GET_ITEM(rows, at));
        if (score == NULL)
            Py_CLEAR(scores);
        else
            PyList_SET_ITEM(scores, at, score);
    }
    return scores;
}

static PyMethodDef methods[] = {{"scores", (PyCFunction)trees_scores, METH_O, NULL}, {NULL}};

PyTypeObject native_Trees = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "stream.core.native.compiled.Trees",
    .tp_basicsize = sizeof(Trees),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = trees_new,
    .tp_dealloc = (destructor)trees_dealloc,
    .tp_methods = methods,
};
