/* What the files of this module share. Each function has a twin in Python that says what it does and does the same. */

#ifndef STREAM_NATIVE_H
#define STREAM_NATIVE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>

/* Of stream/rules/signs.py: the longest line that is looked up, and the longest with legal words. */
#define SHORT 120
#define LEGAL_LONGEST 400

/* A set of characters as a bit each; whoever is beyond its end is not in it. */
typedef struct {
    const uint8_t *bits;
    Py_ssize_t size; /* bytes */
} Set;

static inline int in_set(Set set, Py_UCS4 letter)
{
    return (Py_ssize_t)(letter >> 3) < set.size && (set.bits[letter >> 3] >> (letter & 7) & 1);
}

static inline Set set_of(PyObject *bytes)
{
    Set set = {(const uint8_t *)PyBytes_AS_STRING(bytes), PyBytes_GET_SIZE(bytes)};
    return set;
}

/* A string to be read letter by letter. */
typedef struct {
    int kind;
    const void *data;
    Py_ssize_t size;
} Text;

static inline Text text_of(PyObject *string)
{
    Text text = {PyUnicode_KIND(string), PyUnicode_DATA(string), PyUnicode_GET_LENGTH(string)};
    return text;
}

static inline Py_UCS4 letter(Text text, Py_ssize_t at)
{
    return PyUnicode_READ(text.kind, text.data, at);
}

/* The number of a letter in a table with a byte for each. */
static inline int value_of(PyObject *table, Py_UCS4 letter)
{
    return (Py_ssize_t)letter < PyBytes_GET_SIZE(table) ? ((const uint8_t *)PyBytes_AS_STRING(table))[letter] : 0;
}

/* places.c */
extern uint64_t native_seed;
PyObject *native_places(PyObject *module, PyObject *const *args, Py_ssize_t count);

/* signs.c */
extern PyTypeObject native_Lookup;
int native_topic(PyObject *lookup, PyObject *line); /* -1 with an exception */
int native_silent(PyObject *lookup, PyObject *lines, Py_ssize_t end); /* -1 with an exception; lines are str */
int native_signs_ready(void);

/* legal.c */
int native_is_legal(PyObject *line); /* -1 with an exception */

/* lines.c */
extern PyTypeObject native_Look;

/* plain.c */
int native_end(Text text, PyObject *ends, Set quotes);
PyObject *native_opening(PyObject *module, PyObject *const *args, Py_ssize_t count);

/* repeats.c */
PyObject *native_repeats(PyObject *module, PyObject *const *args, Py_ssize_t count);

/* part.c */
PyObject *native_part(PyObject *module, PyObject *const *args, Py_ssize_t count);

/* prose.c */
PyObject *native_weigh(PyObject *module, PyObject *const *args, Py_ssize_t count);

/* candidates.c */
PyObject *native_candidates(PyObject *module, PyObject *const *args, Py_ssize_t count);

/* trees.c */
extern PyTypeObject native_Trees;

/* span.c */
PyObject *native_span(PyObject *module, PyObject *const *args, Py_ssize_t count);

#endif
