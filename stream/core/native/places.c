/* Which lines of a text are equal in normal form. Twin: `first_of` in stream/core/paragraphs.py.

   Each question takes a pass of its own, over memory that is still in the cache. A line in normal form is hashed
   and compared where it stands; any other is copied in normal form first. The hash only finds candidates, which are
   compared in full. Its seed is random, so that nobody can craft lines that all collide in the hash table. */

#include "native.h"

uint64_t native_seed;

typedef struct {
    uint32_t begin, end; /* where the line is in the text */
    int32_t first;       /* index of the first line equal to it; -1: it is blank */
    uint8_t same;        /* both of them are in normal form as they stand: they are the same string */
} Place;

/* Whether a plain character (PLAIN_LETTERS in paragraphs.py) is white space; no other white space is plain. */
static inline int is_plain_space(Py_UCS4 letter)
{
    return letter == ' ' || (letter >= 9 && letter <= 13) || (letter >= 28 && letter <= 31);
}

static inline uint64_t mix(uint64_t one, uint64_t other)
{
    unsigned __int128 product = (unsigned __int128)one * other;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t eight(const uint8_t *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

static uint32_t hash_of(const void *data, size_t size)
{
    const uint8_t *at = data;
    uint64_t word = 0, hash = native_seed ^ size, second = native_seed + size, third = ~hash, fourth = ~second;
    for (; size >= 32; size -= 32, at += 32) { /* four multiplications that can run in parallel */
        hash = mix(hash ^ eight(at), 0x9E3779B97F4A7C15u);
        second = mix(second ^ eight(at + 8), 0xE7037ED1A0B428DBu);
        third = mix(third ^ eight(at + 16), 0x8EBC6AF09C88C6E3u);
        fourth = mix(fourth ^ eight(at + 24), 0x589965CC75374CC3u);
    }
    if (at != data)
        hash = mix(hash ^ third, 0xA0761D6478BD642Fu) ^ mix(second ^ fourth, 0xD6E8FEB86659FD93u);
    for (; size >= 16; size -= 16, at += 16)
        hash = mix(hash ^ eight(at), 0x9E3779B97F4A7C15u ^ eight(at + 8));
    if (size >= 8) {
        hash = mix(hash ^ eight(at), 0x9E3779B97F4A7C15u);
        size -= 8;
        at += 8;
    }
    word = 0;
    memcpy(&word, at, size);
    hash = mix(hash ^ word, 0xD1B54A32D192ED03u);
    return (uint32_t)(hash ^ hash >> 32);
}

/* The first of several equal lines. */
typedef struct {
    const void *data;
    uint32_t size; /* bytes */
    uint32_t hash;
    uint32_t line;
    int as_it_stands; /* it was in normal form, and `data` points into the text */
} Known;

typedef struct {
    Known *known;
    uint32_t *table; /* open addressing: index in `known` + 1, or 0 */
    uint32_t count, room, mask;
    int same; /* `as_it_stands` of the line that the last search has found */
} Lines;

static int grow(Lines *lines)
{
    uint32_t room = lines->room ? lines->room * 2 : 64;
    Known *known = PyMem_Realloc(lines->known, room * sizeof(Known));
    if (known == NULL)
        return -1;
    lines->known = known;
    uint32_t *table = PyMem_Calloc((size_t)room * 2, sizeof(uint32_t));
    if (table == NULL)
        return -1;
    PyMem_Free(lines->table);
    lines->table = table;
    lines->room = room;
    lines->mask = room * 2 - 1;
    for (uint32_t at = 0; at < lines->count; at++) {
        uint32_t place = known[at].hash & lines->mask;
        while (table[place])
            place = (place + 1) & lines->mask;
        table[place] = at + 1;
    }
    return 0;
}

/* The index of the first line equal to this one, which is added if there is none; -1 without memory. */
static Py_ssize_t first_like(Lines *lines, const void *data, size_t size, uint32_t line, int as_it_stands)
{
    if (lines->count == lines->room && grow(lines) < 0)
        return -1;
    uint32_t hash = hash_of(data, size), place = hash & lines->mask;
    for (; lines->table[place]; place = (place + 1) & lines->mask) {
        const Known *known = &lines->known[lines->table[place] - 1];
        if (known->hash == hash && known->size == size && memcmp(known->data, data, size) == 0) {
            lines->same = known->as_it_stands;
            return known->line;
        }
    }
    Known *known = &lines->known[lines->count++];
    *known = (Known){data, (uint32_t)size, hash, line, as_it_stands};
    lines->table[place] = lines->count;
    return line;
}

/* Doubles the room for places; without memory gives NULL and frees them. */
static Place *with_room(Place *places, Py_ssize_t *room)
{
    *room = *room ? *room * 2 : 64;
    Place *more = PyMem_Realloc(places, *room * sizeof(Place));
    if (more == NULL)
        PyMem_Free(places);
    return more;
}

#define CHAR Py_UCS1
#define NAME(name) name##_1
#include "places_of.h"
#undef CHAR
#undef NAME
#define CHAR Py_UCS2
#define NAME(name) name##_2
#include "places_of.h"
#undef CHAR
#undef NAME
#define CHAR Py_UCS4
#define NAME(name) name##_4
#include "places_of.h"

/* The number of lines, and their places; 0 if a character is not plain, -1 with an exception. */
static Py_ssize_t places_of(PyObject *string, Set plain, Place **places)
{
    Text text = text_of(string);
    *places = NULL;
    if (text.size > INT32_MAX / 4)
        return 0;
    switch (text.kind) {
    case PyUnicode_1BYTE_KIND:
        return places_1(text.data, text.size, plain, PyUnicode_IS_ASCII(string), places);
    case PyUnicode_2BYTE_KIND:
        return places_2(text.data, text.size, plain, 0, places);
    default:
        return places_4(text.data, text.size, plain, 0, places);
    }
}

static int put(PyObject *lines, PyObject *first, Py_ssize_t at, PyObject *text, Place place)
{
    PyObject *line = place.same ? Py_NewRef(PyList_GET_ITEM(lines, place.first))
                                : PyUnicode_Substring(text, place.begin, place.end);
    PyObject *number = PyLong_FromLong(place.first);
    if (line == NULL || number == NULL) {
        Py_XDECREF(line);
        Py_XDECREF(number);
        return -1;
    }
    PyList_SET_ITEM(lines, at, line);
    PyList_SET_ITEM(first, at, number);
    return 0;
}

/* places(text, plain) -> (lines, first): `first` has for each line the index of the first one equal to it, -1 for a
   blank one. None if the text has a character that is not in the bitmap `plain`. */
PyObject *native_places(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t count)
{
    if (count != 2 || !PyUnicode_Check(args[0]) || !PyBytes_Check(args[1])) {
        PyErr_SetString(PyExc_TypeError, "places(text: str, plain: bytes)");
        return NULL;
    }
    Place *places;
    Py_ssize_t many = places_of(args[0], set_of(args[1]), &places);
    if (many <= 0)
        return many < 0 ? NULL : Py_NewRef(Py_None);
    PyObject *lines = PyList_New(many), *first = PyList_New(many), *both = NULL;
    int done = lines == NULL || first == NULL ? -1 : 0;
    for (Py_ssize_t at = 0; at < many && done == 0; at++)
        done = put(lines, first, at, args[0], places[at]);
    if (done == 0)
        both = PyTuple_Pack(2, lines, first);
    PyMem_Free(places);
    Py_XDECREF(lines);
    Py_XDECREF(first);
    return both;
}
