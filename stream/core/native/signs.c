/* The topic of a short line. Twin: `Signs.topic` in stream/core/rules/topics.py.

   For most lines a filter by their first two characters tells that no phrase begins so. The others are looked up in the
   twin's own dictionaries. */

#include "native.h"

#define STEMS 4096 /* bits of the filter */

typedef struct {
    PyObject_HEAD
    PyObject *whole, *openings;        /* the twin's dictionaries */
    PyObject *base;                    /* another Lookup, or NULL */
    PyObject *left, *right, *brackets; /* bitmaps */
    uint8_t stems[STEMS / 8];          /* the filter: a bit for the hash of each phrase's first two characters */
} Lookup;

static inline uint32_t stem_of(Py_UCS4 first, Py_UCS4 second)
{
    return (first * 131 + second * 31) & (STEMS - 1);
}

static int add_stems(Lookup *self, PyObject *phrases)
{
    PyObject *phrase, *value;
    Py_ssize_t at = 0;
    while (PyDict_Next(phrases, &at, &phrase, &value)) {
        if (!PyUnicode_CheckExact(phrase)) {
            PyErr_SetString(PyExc_TypeError, "a phrase is a str");
            return -1;
        }
        Text text = text_of(phrase);
        if (text.size >= 2) {
            uint32_t stem = stem_of(letter(text, 0), letter(text, 1));
            self->stems[stem >> 3] |= (uint8_t)(1 << (stem & 7));
        }
    }
    return 0;
}

static PyObject *lookup_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *whole, *openings, *base, *left, *right, *brackets;
    if (!has_no_keywords(kwargs) ||
        !PyArg_ParseTuple(args, "O!O!OO!O!O!", &PyDict_Type, &whole, &PyDict_Type, &openings, &base, &PyBytes_Type,
                          &left, &PyBytes_Type, &right, &PyBytes_Type, &brackets))
        return NULL;
    if (base != Py_None && !PyObject_TypeCheck(base, &native_Lookup)) {
        PyErr_SetString(PyExc_TypeError, "base is a Lookup or None");
        return NULL;
    }
    Lookup *self = (Lookup *)type->tp_alloc(type, 0);
    if (self == NULL)
        return NULL;
    self->whole = Py_NewRef(whole);
    self->openings = Py_NewRef(openings);
    self->base = base == Py_None ? NULL : Py_NewRef(base);
    self->left = Py_NewRef(left);
    self->right = Py_NewRef(right);
    self->brackets = Py_NewRef(brackets);
    if (add_stems(self, whole) < 0 || add_stems(self, openings) < 0) {
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

static void lookup_dealloc(Lookup *self)
{
    Py_XDECREF(self->whole);
    Py_XDECREF(self->openings);
    Py_XDECREF(self->base);
    Py_XDECREF(self->left);
    Py_XDECREF(self->right);
    Py_XDECREF(self->brackets);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

static int number_of(PyObject *found)
{
    long number = PyLong_AsLong(found);
    return number == -1 && PyErr_Occurred() ? -1 : (int)number;
}

/* The number of the longest of these openings that `rest` begins with; 0 for none. `known` is an `Openings`. */
static int opening_of(PyObject *known, PyObject *rest)
{
    if (!PyTuple_Check(known) || PyTuple_GET_SIZE(known) != 3 || !PyList_Check(PyTuple_GET_ITEM(known, 0)) ||
        !PyList_Check(PyTuple_GET_ITEM(known, 1)) || !PyList_Check(PyTuple_GET_ITEM(known, 2))) {
        PyErr_SetString(PyExc_TypeError, "openings are three lists");
        return -1;
    }
    PyObject *phrases = PyTuple_GET_ITEM(known, 0), *numbers = PyTuple_GET_ITEM(known, 1);
    PyObject *shorter = PyTuple_GET_ITEM(known, 2);
    Py_ssize_t low = 0, high = PyList_GET_SIZE(phrases);
    while (low < high) {
        Py_ssize_t middle = low + (high - low) / 2;
        if (PyUnicode_Compare(rest, PyList_GET_ITEM(phrases, middle)) < 0)
            high = middle;
        else
            low = middle + 1;
    }
    Py_ssize_t at = PyErr_Occurred() ? -1 : low - 1;
    while (at >= 0 && at < PyList_GET_SIZE(phrases) && at < PyList_GET_SIZE(numbers) && at < PyList_GET_SIZE(shorter)) {
        Py_ssize_t begins = PyUnicode_Tailmatch(rest, PyList_GET_ITEM(phrases, at), 0, PY_SSIZE_T_MAX, -1);
        if (begins != 0)
            return begins < 0 ? -1 : number_of(PyList_GET_ITEM(numbers, at));
        at = PyLong_AsSsize_t(PyList_GET_ITEM(shorter, at));
        if (at == -1 && PyErr_Occurred())
            return -1;
    }
    return PyErr_Occurred() ? -1 : 0;
}

static inline Text part_of(Text text, Py_ssize_t begin, Py_ssize_t end)
{
    Text part = {text.kind, (const char *)text.data + begin * text.kind, end - begin};
    return part;
}

static inline int knows_stem(const Lookup *self, Py_UCS4 first, Py_UCS4 second)
{
    const uint32_t stem = stem_of(first, second);
    return self->stems[stem >> 3] >> (stem & 7) & 1;
}

/* The value in a dictionary for a part of a line: a borrowed reference, or NULL with or without an exception. */
static PyObject *known_of(PyObject *dictionary, Text part)
{
    PyObject *key = native_spelled(part);
    PyObject *found = key == NULL ? NULL : PyDict_GetItemWithError(dictionary, key);
    Py_XDECREF(key);
    return found;
}

/* The topic of a line in the lookup spelling. Twin: `Signs._topic`. */
static int topic_from(Lookup *self, Text low)
{
    Set right = set_of(self->right);
    if (low.size < 1)
        return 0;
    /* the filter says nothing about a single character */
    const int known_stem = low.size < 2 || knows_stem(self, letter(low, 0), letter(low, 1));
    Py_ssize_t end = low.size;
    while (end && in_set(right, letter(low, end - 1)))
        end--;
    /* what is left may be a single character although the line has two, and the filter saw the second */
    if (end && (known_stem || end == 1)) {
        PyObject *found = known_of(self->whole, part_of(low, 0, end));
        int number = found != NULL ? number_of(found) : PyErr_Occurred() ? -1 : 0;
        if (number)
            return number;
    }
    if (!known_stem || low.size < 2)
        return 0;
    PyObject *openings = known_of(self->openings, part_of(low, 0, 2));
    if (openings == NULL)
        return PyErr_Occurred() ? -1 : 0;
    PyObject *rest = native_spelled(low);
    if (rest == NULL)
        return -1;
    int number = opening_of(openings, rest);
    Py_DECREF(rest);
    return number;
}

/* Rewrites a line in place: without punctuation and brackets before it, with single spaces, and with one space at its
   end. Gives 0 if that changes nothing but the last space. */
static int make_plainer(Lookup *self, Spelled *spelled, Py_ssize_t begin)
{
    Set right = set_of(self->right);
    Py_UCS4 *letters = spelled->letters;
    Py_ssize_t from = begin, used = 0;
    while (from < spelled->size && in_set(right, letters[from]))
        from++;
    int same = from == begin;
    for (Py_ssize_t at = from; at < spelled->size; at++) {
        const Py_UCS4 each = letters[at];
        if (!Py_UNICODE_ISSPACE(each))
            letters[used++] = each;
        else if (used && letters[used - 1] != ' ') {
            letters[used++] = ' ';
            same &= each == ' ';
        }
        else
            same = 0;
    }
    if (used && letters[used - 1] == ' ') {
        used--;
        same = 0;
    }
    letters[used] = ' ';
    spelled->size = used + 1;
    return !same;
}

/* Whether a line has brackets or superfluous white space that `make_plainer` would remove. */
static int may_be_plainer(Lookup *self, Text low, Py_ssize_t begin)
{
    if (begin == low.size || in_set(set_of(self->brackets), letter(low, begin)))
        return 1;
    for (Py_ssize_t at = begin; at < low.size; at++) {
        Py_UCS4 each = letter(low, at);
        if (each == '\t' || (each == ' ' && at + 1 < low.size && letter(low, at + 1) == ' '))
            return 1;
    }
    return 0;
}

static Py_ssize_t begin_of(const Lookup *self, Text text)
{
    const Set left = set_of(self->left);
    Py_ssize_t begin = 0;
    while (begin < text.size && in_set(left, letter(text, begin)))
        begin++;
    return begin;
}

/* Whether an ASCII line certainly has no topic; told from its first characters, without any object being made. */
static int says_nothing(Lookup *self, Line line)
{
    Text text = letters_of(line);
    Set right = set_of(self->right);
    const Py_ssize_t begin = begin_of(self, text);
    if (begin == text.size)
        return 1;
    if (begin + 1 == text.size || in_set(right, letter(text, begin + 1)) || may_be_plainer(self, text, begin))
        return 0;
    return !knows_stem(self, Py_TOLOWER(letter(text, begin)), Py_TOLOWER(letter(text, begin + 1)));
}

static int topic_of(Lookup *self, Line line)
{
    Spelled spelled;
    if (!native_spell(line, &spelled))
        return -1;
    const Text low = spelled_text(&spelled);
    const Py_ssize_t begin = begin_of(self, low);
    int found = topic_from(self, part_of(low, begin, low.size));
    if (found == 0 && may_be_plainer(self, low, begin) && make_plainer(self, &spelled, begin))
        found = topic_from(self, spelled_text(&spelled));
    native_unspell(&spelled);
    return found;
}

int native_topic(PyObject *lookup, Line line)
{
    Lookup *self = (Lookup *)lookup;
    int found = 0;
    if (!line.ascii || !says_nothing(self, line))
        found = topic_of(self, line);
    return found == 0 && self->base != NULL ? native_topic(self->base, line) : found;
}

static PyObject *lookup_topic(PyObject *self, PyObject *line)
{
    if (!PyUnicode_CheckExact(line)) {
        PyErr_SetString(PyExc_TypeError, "a line is a str");
        return NULL;
    }
    int topic = native_topic(self, line_of(line));
    return topic < 0 ? NULL : PyLong_FromLong(topic);
}

/* Pickling, for the processes of `clean --jobs`. */
static PyObject *lookup_reduce(Lookup *self, PyObject *Py_UNUSED(none))
{
    return Py_BuildValue("O(OOOOOO)", Py_TYPE(self), self->whole, self->openings, self->base ? self->base : Py_None,
                         self->left, self->right, self->brackets);
}

static PyMethodDef methods[] = {
    {"__reduce__", (PyCFunction)lookup_reduce, METH_NOARGS, NULL},
    {"topic", lookup_topic, METH_O, NULL},
    {NULL},
};

PyTypeObject native_Lookup = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "stream.core.native.compiled.Lookup",
    .tp_basicsize = sizeof(Lookup),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = lookup_new,
    .tp_dealloc = (destructor)lookup_dealloc,
    .tp_methods = methods,
};
