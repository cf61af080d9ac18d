/* What the files of this module share. Each public function has a twin in Python, which specifies what it does. */

#ifndef STREAM_NATIVE_H
#define STREAM_NATIVE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>

/* As in stream/core/rules/topics.py: the maximum length of a line that is looked up, and of one with legal words. */
#define SHORT 120
#define LEGAL_LONGEST 400

/* Whether a type is called without keywords; sets an exception if not. */
static inline int has_no_keywords(PyObject *kwargs)
{
    if (kwargs == NULL || PyDict_GET_SIZE(kwargs) == 0)
        return 1;
    PyErr_SetString(PyExc_TypeError, "no keywords are taken");
    return 0;
}

/* A set of characters as a bitmap (see `letters` in __init__.py); a character beyond its end is not in it. */
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

/* A string to read character by character. */
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

/* A line: a string, or a part of one, from `begin` up to `end`. `ascii` may be 0 for a part that is ASCII. */
typedef struct {
    PyObject *string;
    Py_ssize_t begin, end;
    int ascii;
} Line;

static inline Line line_of(PyObject *string)
{
    Line line = {string, 0, PyUnicode_GET_LENGTH(string), PyUnicode_IS_ASCII(string)};
    return line;
}

static inline Py_ssize_t size_of(Line line)
{
    return line.end - line.begin;
}

static inline Text letters_of(Line line)
{
    int kind = PyUnicode_KIND(line.string);
    Text text = {kind, (const char *)PyUnicode_DATA(line.string) + line.begin * kind, size_of(line)};
    return text;
}

static inline int is_of_ascii(Text text)
{
    Py_UCS4 any = 0;
    if (text.kind == PyUnicode_1BYTE_KIND)
        for (Py_ssize_t at = 0; at < text.size; at++)
            any |= ((const Py_UCS1 *)text.data)[at];
    else
        for (Py_ssize_t at = 0; at < text.size; at++)
            any |= letter(text, at);
    return any < 0x80;
}

/* A new reference to the line as a string. */
static inline PyObject *string_of(Line line)
{
    return PyUnicode_Substring(line.string, line.begin, line.end);
}

/* The value of a character in a table (see `table` in __init__.py). */
static inline int value_of(PyObject *table, Py_UCS4 letter)
{
    return (Py_ssize_t)letter < PyBytes_GET_SIZE(table) ? ((const uint8_t *)PyBytes_AS_STRING(table))[letter] : 0;
}

/* places.c */
extern uint64_t native_seed;
PyObject *native_places(PyObject *module, PyObject *const *args, Py_ssize_t count);

/* spelling.c */
#define SPELLED (3 * SHORT)
typedef struct {
    Py_UCS4 *letters;
    Py_ssize_t size;
    Py_UCS4 room[SPELLED]; /* holds the letters, unless there are more */
} Spelled;
int native_spell(Line line, Spelled *spelled); /* 0 with an exception; after 1 call native_unspell */
void native_unspell(Spelled *spelled);
PyObject *native_spelled(Text text); /* a new string */
PyObject *native_spelled_of(PyObject *module, PyObject *line);

static inline Text spelled_text(const Spelled *spelled)
{
    Text text = {PyUnicode_4BYTE_KIND, spelled->letters, spelled->size};
    return text;
}

/* signs.c */
extern PyTypeObject native_Lookup;
int native_topic(PyObject *lookup, Line line); /* -1 with an exception */

/* xxh3.c */
uint64_t native_xxh3(const uint8_t *data, size_t size);
PyObject *native_xxh3_of(PyObject *module, PyObject *data);

/* words.c */
PyObject *native_said(PyObject *module, PyObject *const *args, Py_ssize_t count);

/* network.c */
extern PyTypeObject native_Network;

/* legal.c */
int native_is_legal(Line line); /* -1 with an exception */

/* lines.c */
extern PyTypeObject native_LineReader;

/* repeats.c */
PyObject *native_repeats(PyObject *module, PyObject *const *args, Py_ssize_t count);

/* part.c */
PyObject *native_part(PyObject *module, PyObject *const *args, Py_ssize_t count);

/* prose.c */
PyObject *native_weigh(PyObject *module, PyObject *const *args, Py_ssize_t count);

/* candidates.c */
PyObject *native_candidates(PyObject *module, PyObject *const *args, Py_ssize_t count);

/* span.c */
PyObject *native_span(PyObject *module, PyObject *const *args, Py_ssize_t count);

#endif
