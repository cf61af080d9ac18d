/* The seven codes of a line, packed into one integer. Twin: `codes_of` in stream/core/footer/codes.py; the bits are
   listed in __init__.py. */

#include "native.h"

#define LONGEST 4000 /* greater lengths count as this */
#define LEGAL_WORDS 21
#define CLOSED 1 /* codes of what a line ends with */
#define QUOTED 6

typedef struct {
    PyObject_HEAD
    PyObject *starts, *ends; /* tables: the codes of a line's first and last character */
    PyObject *quotes;        /* a bitmap */
    PyObject *make;          /* a function: packed codes -> Line */
    PyObject *made;          /* a cache of its results */
} LineReader;

static PyObject *reader_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *starts, *ends, *quotes, *make;
    if (!has_no_keywords(kwargs) ||
        !PyArg_ParseTuple(args, "O!O!O!O", &PyBytes_Type, &starts, &PyBytes_Type, &ends, &PyBytes_Type, &quotes, &make))
        return NULL;
    PyObject *made = PyDict_New();
    LineReader *self = made == NULL ? NULL : (LineReader *)type->tp_alloc(type, 0);
    if (self == NULL) {
        Py_XDECREF(made);
        return NULL;
    }
    self->starts = Py_NewRef(starts);
    self->ends = Py_NewRef(ends);
    self->quotes = Py_NewRef(quotes);
    self->make = Py_NewRef(make);
    self->made = made;
    return (PyObject *)self;
}

static void reader_dealloc(LineReader *self)
{
    Py_XDECREF(self->starts);
    Py_XDECREF(self->ends);
    Py_XDECREF(self->quotes);
    Py_XDECREF(self->make);
    Py_XDECREF(self->made);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

static inline int is_digit(Py_UCS4 each)
{
    return each >= '0' && each <= '9';
}

/* Whether `word`, which ends with a zero, stands at this place in the text. */
static int stands(Text text, Py_ssize_t at, const Py_UCS4 *word)
{
    for (; *word; word++, at++)
        if (at >= text.size || letter(text, at) != *word)
            return 0;
    return 1;
}

static const Py_UCS4 TIMES[][5] = {
    {0x43C, 0x438, 0x43D}, {0x447, 0x430, 0x441}, {'m', 'i', 'n'}, {'h', 'o', 'u', 'r'}, {'a', 'g', 'o'},
};
static const Py_UCS4 HTTP[] = {'h', 't', 't', 'p', 0}, WWW[] = {'w', 'w', 'w', '.', 0};

/* Whether the digit at this place begins what a date or time contains. Twin: `_DATE`. */
static int is_date(Text text, Py_ssize_t at)
{
    Py_UCS4 one = at + 1 < text.size ? letter(text, at + 1) : 0, two = at + 2 < text.size ? letter(text, at + 2) : 0;
    if ((one == ':' || one == '.' || one == '/' || one == '-' || one == 0x5E74 || one == 0x6708) && is_digit(two))
        return 1;
    Py_UCS4 zero = letter(text, at);
    if (((zero == '1' && one == '9') || (zero == '2' && one == '0')) && is_digit(two) && at + 3 < text.size &&
        is_digit(letter(text, at + 3)))
        return 1;
    if (one == ' ')
        for (size_t each = 0; each < sizeof TIMES / sizeof *TIMES; each++)
            if (stands(text, at + 2, TIMES[each]))
                return 1;
    return 0;
}

/* The code `digits`: 1 with a digit, 2 with a date or time; 3 more with an address. */
static int digits_of(Text text)
{
    int digits = 0, address = 0;
    for (Py_ssize_t at = 0; at < text.size; at++) {
        Py_UCS4 each = letter(text, at);
        if (is_digit(each)) {
            if (digits < 2)
                digits = is_date(text, at) ? 2 : 1;
        }
        else if (each == '@' || (each == 'h' && stands(text, at, HTTP)) || (each == 'w' && stands(text, at, WWW)))
            address = 3;
    }
    return digits + address;
}

enum { NO_CASE, LOWER, UPPER, TITLE };

static inline int case_of(Py_UCS4 each)
{
    if (each < 0x80) /* saves the calls below */
        return each >= 'a' && each <= 'z' ? LOWER : each >= 'A' && each <= 'Z' ? UPPER : NO_CASE;
    if (Py_UNICODE_ISUPPER(each))
        return UPPER;
    return Py_UNICODE_ISTITLE(each) ? TITLE : Py_UNICODE_ISLOWER(each) ? LOWER : NO_CASE;
}

/* The code `capitals`. Twin: `_capitals`. */
static int capitals_of(Text text, Py_ssize_t size)
{
    int upper = 1, title = 1, cased = 0, before = 0; /* `before`: the character before has a case */
    Py_ssize_t words = 0, capitals = 0;
    int space = 1;
    for (Py_ssize_t at = 0; at < text.size; at++) {
        Py_UCS4 each = letter(text, at);
        const int its_case = case_of(each);
        if (its_case == LOWER) {
            title &= before;
            upper = 0;
        }
        else if (its_case != NO_CASE) {
            title &= !before;
            upper &= its_case == UPPER;
        }
        before = its_case != NO_CASE;
        cased |= before;
        if (Py_UNICODE_ISSPACE(each))
            space = 1;
        else if (space) {
            space = 0;
            words++;
            capitals += its_case == UPPER;
        }
    }
    if (cased && upper)
        return 1;
    if (cased && title)
        return 2;
    if (size > 15 && words > 2)
        return capitals * 10 >= words * 6 ? 3 : capitals * 10 > words * 3 ? 4 : 5;
    return 0;
}

/* Whether a character ends a sentence even if no space follows. Twin: `_STOPS_INSIDE`. */
static inline int is_stop(Py_UCS4 each)
{
    return each == 0x3002 || each == 0x964 || each == 0x965 || each == 0x6D4 || each == 0x104B || each == 0x17D4 ||
           each == 0x1362;
}

/* The code `sentences`. Twin: `_sentences`. */
static int sentences_of(Text text, int ascii)
{
    int colon = 0;
    for (Py_ssize_t at = 0; at + 1 < text.size; at++) {
        Py_UCS4 each = letter(text, at);
        if (each == '.' && letter(text, at + 1) == ' ')
            return 1;
        if (!ascii && is_stop(each))
            return 1;
        if (each == ':' && letter(text, at + 1) == ' ')
            colon = 1;
        else if (each == 0xFF1A)
            colon = 1;
    }
    return colon ? 2 : 0;
}

/* The code `end`. Twin: `end_of`. */
static int end_of(Text text, PyObject *ends, Set quotes)
{
    Py_UCS4 last = letter(text, text.size - 1);
    if (in_set(quotes, last) && text.size > 1) {
        Py_UCS4 before = letter(text, text.size - 2);
        return value_of(ends, before) == CLOSED || before == ',' || before == 0xFF0C ? CLOSED : QUOTED;
    }
    return value_of(ends, last);
}

/* The packed codes of a line; -1 with an exception. */
static long code_of(LineReader *self, PyObject *line, long per_letter, PyObject *lookup)
{
    Text text = text_of(line);
    int ascii = PyUnicode_IS_ASCII(line), topic = 0, digits = 0, capitals = 0;
    Py_ssize_t size = per_letter <= 2 || ascii ? text.size : text.size * per_letter >> 1;
    if (size <= 0)
        return 0;
    if (size <= SHORT) {
        topic = native_topic(lookup, line_of(line));
        digits = digits_of(text);
        capitals = capitals_of(text, size);
    }
    if (topic >= 0 && size <= LEGAL_LONGEST) {
        int legal = native_is_legal(line_of(line));
        topic = legal < 0 ? -1 : legal ? LEGAL_WORDS : topic;
    }
    if (topic < 0)
        return -1;
    long code = size < LONGEST ? size : LONGEST;
    code |= (long)end_of(text, self->ends, set_of(self->quotes)) << 12 | (long)value_of(self->starts, letter(text, 0)) << 15;
    return code | (long)topic << 18 | (long)digits << 23 | (long)capitals << 26 | (long)sentences_of(text, ascii) << 29;
}

/* The Line for packed codes, from the cache or made. */
static PyObject *made_of(LineReader *self, long code)
{
    PyObject *key = PyLong_FromLong(code);
    if (key == NULL)
        return NULL;
    PyObject *line = PyDict_GetItemWithError(self->made, key);
    if (line != NULL)
        Py_INCREF(line);
    else if (!PyErr_Occurred()) {
        line = PyObject_CallOneArg(self->make, key);
        if (line != NULL && PyDict_SetItem(self->made, key, line) < 0)
            Py_CLEAR(line);
    }
    Py_DECREF(key);
    return line;
}

/* lines(texts, per_letter, lookup) -> a list with a Line for each text */
static PyObject *reader_lines(LineReader *self, PyObject *args)
{
    PyObject *texts, *lookup;
    long per_letter;
    if (!PyArg_ParseTuple(args, "O!lO!", &PyList_Type, &texts, &per_letter, &native_Lookup, &lookup))
        return NULL;
    if (PyDict_GET_SIZE(self->made) > 8192)
        PyDict_Clear(self->made);
    PyObject *lines = PyList_New(0);
    for (Py_ssize_t at = 0; lines != NULL && at < PyList_GET_SIZE(texts); at++) {
        PyObject *text = PyList_GET_ITEM(texts, at), *line = NULL;
        if (!PyUnicode_Check(text))
            PyErr_SetString(PyExc_TypeError, "a line is a str");
        else {
            Py_INCREF(text);
            long code = code_of(self, text, per_letter, lookup);
            Py_DECREF(text);
            line = code < 0 ? NULL : made_of(self, code);
        }
        if (line == NULL || PyList_Append(lines, line) < 0)
            Py_CLEAR(lines);
        Py_XDECREF(line);
    }
    return lines;
}

/* code(text, per_letter, lookup) -> the packed codes, for tests */
static PyObject *reader_code(LineReader *self, PyObject *args)
{
    PyObject *text, *lookup;
    long per_letter;
    if (!PyArg_ParseTuple(args, "UlO!", &text, &per_letter, &native_Lookup, &lookup))
        return NULL;
    long code = code_of(self, text, per_letter, lookup);
    return code < 0 ? NULL : PyLong_FromLong(code);
}

static PyMethodDef methods[] = {
    {"lines", (PyCFunction)reader_lines, METH_VARARGS, NULL},
    {"code", (PyCFunction)reader_code, METH_VARARGS, NULL},
    {NULL},
};

PyTypeObject native_LineReader = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "stream.core.native.compiled.LineReader",
    .tp_basicsize = sizeof(LineReader),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = reader_new,
    .tp_dealloc = (destructor)reader_dealloc,
    .tp_methods = methods,
};
