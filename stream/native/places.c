/* Which lines of a text are the same in normal form. Twin: `first_of` in stream/paragraphs.py.

   One pass for each thing that is asked, over memory that stays in the cache. A line that is in normal form is hashed
   and compared where it stands; another one is copied in normal form first. The hash only finds candidates: they are
   compared whole. Its seed is random, so that nobody can make lines that all meet in one place of the table. */

#include "native.h"

uint64_t native_seed;

static inline uint64_t mix(uint64_t one, uint64_t other)
{
    unsigned __int128 product = (unsigned __int128)one * other;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint32_t hash_of(const void *data, size_t size)
{
    const uint8_t *at = data;
    uint64_t word = 0, other, hash = native_seed ^ size, second = native_seed + size;
    for (; size >= 16; size -= 16, at += 16) { /* two at a time, which do not wait for each other */
        memcpy(&word, at, 8);
        memcpy(&other, at + 8, 8);
        hash = mix(hash ^ word, 0x9E3779B97F4A7C15u);
        second = mix(second ^ other, 0xE7037ED1A0B428DBu);
    }
    hash ^= second;
    if (size >= 8) {
        memcpy(&word, at, 8);
        hash = mix(hash ^ word, 0x9E3779B97F4A7C15u);
        size -= 8;
        at += 8;
    }
    word = 0;
    memcpy(&word, at, size);
    hash = mix(hash ^ word, 0xD1B54A32D192ED03u);
    return (uint32_t)(hash ^ hash >> 32);
}

/* A line that is like none before it. */
typedef struct {
    const void *data;
    uint32_t size; /* bytes */
    uint32_t hash;
    uint32_t line;
    int as_it_stands; /* it was in normal form */
} Known;

typedef struct {
    Known *known;
    uint32_t *table; /* index in `known` + 1, or 0 */
    uint32_t count, room, mask;
    int same; /* the last line that was found again was in normal form where it was found */
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

/* Gives the number of the first line like this one, or -1 without memory. */
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

static inline int is_space(Py_UCS4 letter) /* of those that are plain: all others are no plain letters */
{
    return letter == ' ' || (letter >= 9 && letter <= 13) || (letter >= 28 && letter <= 31);
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

/* places(text, plain): (lines, for each the number of the first one like it or -1 where it is blank), or None where
   some letter is not in the set `plain` */
PyObject *native_places(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t count)
{
    if (count != 2 || !PyUnicode_Check(args[0]) || !PyBytes_Check(args[1])) {
        PyErr_SetString(PyExc_TypeError, "places(text: str, plain: bytes)");
        return NULL;
    }
    Text text = text_of(args[0]);
    if (text.size > INT32_MAX / 4)
        Py_RETURN_NONE;
    switch (text.kind) {
    case PyUnicode_1BYTE_KIND:
        return places_1(text.data, text.size, set_of(args[1]), PyUnicode_IS_ASCII(args[0]));
    case PyUnicode_2BYTE_KIND:
        return places_2(text.data, text.size, set_of(args[1]), 0);
    default:
        return places_4(text.data, text.size, set_of(args[1]), 0);
    }
}
