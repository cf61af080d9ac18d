/* The lookup spelling of a line. Twin: `spell_each` in stream/core/spelling.py.

   The spelling of a character is asked of `letter` there when it is first met, and kept in a table. Lines with
   characters that have to be composed first are left to the twin. */

#include "native.h"

#define PAGE 256
#define PAGES (0x110000 / PAGE)
#define BITS 21 /* of a character; a table entry holds up to three, the first one in the lowest bits */
#define EACH ((1 << BITS) - 1)
#define UNKNOWN UINT64_MAX   /* not met yet */
#define ASK (UINT64_MAX - 1) /* the twin must spell the whole line */

static uint64_t *pages[PAGES];
static PyObject *letter_of, *spell, *parts;

/* Imports the twin, once. */
static int is_ready(void)
{
    if (parts != NULL)
        return 1;
    PyObject *twin = PyImport_ImportModule("stream.core.spelling");
    if (twin == NULL)
        return 0;
    letter_of = PyObject_GetAttrString(twin, "letter");
    spell = letter_of == NULL ? NULL : PyObject_GetAttrString(twin, "spell_each");
    parts = spell == NULL ? NULL : PyObject_GetAttrString(twin, "PARTS_SET");
    Py_DECREF(twin);
    if (parts != NULL && !PyBytes_Check(parts)) {
        PyErr_SetString(PyExc_TypeError, "PARTS_SET is bytes");
        Py_CLEAR(parts);
    }
    return parts != NULL;
}

/* Asks the twin for a character's spelling; UNKNOWN with an exception. */
static uint64_t ask(Py_UCS4 each)
{
    if (!is_ready())
        return UNKNOWN;
    if (in_set(set_of(parts), each))
        return ASK;
    PyObject *one = PyUnicode_FromOrdinal((int)each), *said = one == NULL ? NULL : PyObject_CallOneArg(letter_of, one);
    uint64_t found = UNKNOWN;
    if (said != NULL && PyUnicode_Check(said)) {
        Text text = text_of(said);
        found = text.size <= 3 ? 0 : ASK;
        for (Py_ssize_t at = text.size - 1; at >= 0 && found != ASK; at--)
            found = found << BITS | letter(text, at);
    }
    else if (said != NULL)
        PyErr_SetString(PyExc_TypeError, "a letter becomes a str");
    Py_XDECREF(one);
    Py_XDECREF(said);
    return found;
}

static uint64_t learnt(Py_UCS4 each)
{
    const uint64_t found = ask(each);
    if (found == UNKNOWN)
        return UNKNOWN;
    if (pages[each / PAGE] == NULL) {
        uint64_t *page = PyMem_Malloc(PAGE * sizeof *page);
        if (page == NULL) {
            PyErr_NoMemory();
            return UNKNOWN;
        }
        memset(page, 0xFF, PAGE * sizeof *page); /* all UNKNOWN */
        pages[each / PAGE] = page;
    }
    return pages[each / PAGE][each % PAGE] = found;
}

static inline uint64_t spelled_letter(Py_UCS4 each)
{
    const uint64_t *page = pages[each / PAGE];
    const uint64_t known = page == NULL ? UNKNOWN : page[each % PAGE];
    return known == UNKNOWN ? learnt(each) : known;
}

static int room_for(Spelled *spelled, Py_ssize_t size)
{
    /* with room for one more, because signs.c appends a space */
    spelled->letters = size < SPELLED ? spelled->room : PyMem_Malloc((size + 1) * sizeof(Py_UCS4));
    if (spelled->letters == NULL)
        PyErr_NoMemory();
    return spelled->letters != NULL;
}

void native_unspell(Spelled *spelled)
{
    if (spelled->letters != spelled->room)
        PyMem_Free(spelled->letters);
}

/* Lets the twin spell the whole line. */
static int ask_for_all(Line line, Spelled *spelled)
{
    PyObject *string = string_of(line), *said = string == NULL ? NULL : PyObject_CallOneArg(spell, string);
    int done = 0;
    native_unspell(spelled);
    spelled->letters = spelled->room;
    if (said != NULL && PyUnicode_Check(said)) {
        Text text = text_of(said);
        if (room_for(spelled, text.size)) {
            for (Py_ssize_t at = 0; at < text.size; at++)
                spelled->letters[at] = letter(text, at);
            spelled->size = text.size;
            done = 1;
        }
    }
    else if (said != NULL)
        PyErr_SetString(PyExc_TypeError, "a line is spelled as a str");
    Py_XDECREF(string);
    Py_XDECREF(said);
    return done;
}

/* Spells an ASCII line: only its case changes here. */
static int in_small_letters(Text text, Spelled *spelled)
{
    for (Py_ssize_t at = 0; at < text.size; at++)
        spelled->letters[at] = (Py_UCS4)Py_TOLOWER(letter(text, at));
    spelled->size = text.size;
    return 1;
}

int native_spell(Line line, Spelled *spelled)
{
    const Text text = letters_of(line);
    if (!room_for(spelled, (line.ascii ? 1 : 3) * text.size))
        return 0;
    if (line.ascii)
        return in_small_letters(text, spelled);
    Py_ssize_t used = 0;
    for (Py_ssize_t at = 0; at < text.size; at++) {
        uint64_t found = spelled_letter(letter(text, at));
        if (found == ASK)
            return ask_for_all(line, spelled);
        if (found == UNKNOWN) {
            native_unspell(spelled);
            return 0;
        }
        for (; found; found >>= BITS) {
            const Py_UCS4 each = (Py_UCS4)(found & EACH);
            if (each != ' ' || (used && spelled->letters[used - 1] != ' '))
                spelled->letters[used++] = each;
        }
    }
    spelled->size = used && spelled->letters[used - 1] == ' ' ? used - 1 : used;
    return 1;
}

PyObject *native_spelled(Text text)
{
    return PyUnicode_FromKindAndData(text.kind, (const char *)text.data, text.size);
}

/* spelled(line) -> what `spell_each` gives for a line that is not ASCII; one that is, in small letters */
PyObject *native_spelled_of(PyObject *Py_UNUSED(module), PyObject *line)
{
    Spelled spelled;
    if (!PyUnicode_Check(line)) {
        PyErr_SetString(PyExc_TypeError, "a line is a str");
        return NULL;
    }
    if (!native_spell(line_of(line), &spelled))
        return NULL;
    PyObject *made = native_spelled(spelled_text(&spelled));
    native_unspell(&spelled);
    return made;
}
