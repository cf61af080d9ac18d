/* Cleans a whole article in one call, if it is simple: repeats in one place at most, and no footer or a plain one. The
   cleaned text is spliced into the JSON. For anything else the answer is None, and the twin does the work: `clean` in
   stream/core/cleaning.py, which gives the same result for simple articles.

   This file combines what the others find. The order of the steps is that of `_find` in cleaning.py. */

#include "native.h"

/* Constants of the twins. */
#define LONG 60           /* stream/core/stack.py */
#define BODY 200          /* stream/core/cleaning.py */
#define MAX_MARKER 80     /* stream/core/rules/model.py */
#define PROSE 80          /* stream/core/sentence_ends.py */
#define HEADINGS 1024     /* maximum entries in the cache of headings */

enum { NO_RULE, SECTION, OTHER };

typedef struct {
    PyObject_HEAD
    int whole_page;                          /* the footer model decides, not the markers alone */
    PyObject *lookup, *openings;             /* a Lookup; the first words of the rules' phrases */
    PyObject *plain, *ends, *quotes, *opens; /* bitmaps, a table: of paragraphs.py, footer/codes.py, footer/plain.py */
    PyObject *prose_ends, *prose_quotes;     /* bitmaps of sentence_ends.py */
    PyObject *wide, *format;                 /* bitmaps of paragraphs.py */
    PyObject *headings;                      /* a cache: line -> kind of the rule that matches it */
} Articles;

/* An article that is being cleaned. */
typedef struct {
    Articles *self;
    PyObject *text, *find; /* find: line -> rule or None */
    Place *places;
    Py_ssize_t count;
    Line *lines;     /* the lines that are left: neither blank nor repeats; stripped */
    uint32_t *at;    /* the index of each among the places */
    Py_ssize_t left; /* how many they are */
    int repeated;    /* lines that are repeats */
} Page;

enum { UNKNOWN, FOUND }; /* the result of a step; UNKNOWN: not simple, ask the twin. -1 with an exception */

static Line line_at(const Page *page, Place place)
{
    Line line = {page->text, place.begin, place.end, PyUnicode_IS_ASCII(page->text)};
    line.ascii = line.ascii || is_of_ascii(letters_of(line));
    return line;
}

static Line stripped(const Page *page, Place place)
{
    Text all = text_of(page->text);
    while (place.begin < place.end && is_plain_space(letter(all, place.begin)))
        place.begin++;
    while (place.end > place.begin && is_plain_space(letter(all, place.end - 1)))
        place.end--;
    return line_at(page, place);
}

/* One of the lines that are left, not stripped. */
static Line raw_line(const Page *page, Py_ssize_t at)
{
    return line_at(page, page->places[page->at[at]]);
}

/* Whether a line in normal form is long. Twin: `is_long` in stream/core/stack.py. */
static int is_long(const Page *page, Place place)
{
    Line line = line_at(page, place);
    if (native_width(line, set_of(page->self->wide), set_of(page->self->format)) < LONG)
        return 0;
    Text text = letters_of(line);
    for (Py_ssize_t at = 0; at < text.size; at++)
        if (Py_UNICODE_ISALNUM(letter(text, at)))
            return 1;
    return 0;
}

/* Whether a line in normal form may be code: whether it has a call, an index, one of the signs, an option, a key or a
   prompt. True more often than its twin, `may_be_code` in stream/core/listing.py, never less often. */
static int may_be_code(const Page *page, Place place)
{
    static const char SIGNS[] = "{}<>=_|\\`";
    Text text = letters_of(line_at(page, place));
    Py_UCS4 before = 0;
    int first = 1; /* still in the first word, where a key would be */
    for (Py_ssize_t at = 0; at < text.size; at++) {
        const Py_UCS4 each = letter(text, at);
        if (each && each < 0x80 && strchr(SIGNS, (int)each))
            return 1;
        if ((each == '-' && before == '-') || (each == '&' && before == '&') || (each == ':' && first))
            return 1;
        if ((each == '(' || each == '[') && (before >= 0x80 || before == '.' || Py_ISALNUM((int)before)))
            return 1;
        if (before == '$' && (each == ' ' ? at == 1 : each == '(' || (each < 0x80 && Py_ISALPHA((int)each))))
            return 1;
        first = first && (each != ' ' || (at == 1 && before == '-'));
        before = each;
    }
    return 0;
}

/* Number of CRs at the end of a line. */
static Py_ssize_t crs_of(const Page *page, Place place)
{
    Py_ssize_t end = place.end;
    while (end > place.begin && PyUnicode_READ_CHAR(page->text, end - 1) == '\r')
        end--;
    return place.end - end;
}

/* Whether a line is certainly in normal form, apart from CRs at its end. */
static int is_plain(const Page *page, Place place)
{
    if (place.is_normal)
        return 1;
    Py_ssize_t end = place.end - crs_of(page, place);
    Py_UCS4 before = ' ';
    for (Py_ssize_t at = place.begin; at < end; at++) {
        const Py_UCS4 each = PyUnicode_READ_CHAR(page->text, at);
        if (each >= 0x7f || each < ' ' || (each == ' ' && before == ' '))
            return 0;
        before = each;
    }
    return before != ' ';
}

/* Whether a line is certainly a paragraph that goes wherever it comes back. */
static int is_paragraph(const Page *page, Place place)
{
    return place.is_normal && is_long(page, place) && !may_be_code(page, place);
}

/* Whether a line may introduce what stands below it. True more often than its twin, `is_label` in
   stream/core/stack.py. */
static int may_be_label(const Page *page, Place place)
{
    Line line = stripped(page, place);
    Text text = letters_of(line);
    const Py_UCS4 last = text.size ? letter(text, text.size - 1) : 0;
    if (text.size >= 3 && last != ':' && (last < 0x80 || Py_UNICODE_ISALNUM(last)))
        return 0;
    return !place.is_normal || !is_long(page, place);
}

/* Marks the repeats, if they are one run that certainly goes. Twin: `goes_whole` in stream/core/repeats.py. */
static int find_repeats(Page *page)
{
    if (!native_runs(page->places, page->count))
        return UNKNOWN;
    /* `before` is the line above the run, `first` and `last` are its ends, `end` is the article's last line. */
    Py_ssize_t before = -1, first = -1, last = -1, end = -1;
    int longs = 0;
    for (Py_ssize_t at = 0; at < page->count; at++) {
        if (page->places[at].first < 0)
            continue;
        end = at;
        if (page->places[at].gone) {
            page->repeated++;
            if (first < 0)
                first = at;
            last = at;
            if (longs < 2)
                longs += is_paragraph(page, page->places[at]);
        }
        else if (first < 0)
            before = at;
    }
    if (!page->repeated)
        return FOUND;
    if (longs == 0 || (end != last && !is_paragraph(page, page->places[last])))
        return UNKNOWN;
    if (longs == 1 && may_be_label(page, page->places[before]))
        return UNKNOWN;
    return page->places[first].is_normal && !may_be_code(page, page->places[first]) ? FOUND : UNKNOWN;
}

/* Collects the lines that are left. */
static int gather(Page *page)
{
    page->lines = PyMem_Malloc(page->count * sizeof(Line));
    page->at = PyMem_Malloc(page->count * sizeof(uint32_t));
    if (page->lines == NULL || page->at == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t at = 0; at < page->count; at++)
        if (page->places[at].first >= 0 && !page->places[at].gone) {
            page->at[page->left] = (uint32_t)at;
            page->lines[page->left++] = stripped(page, page->places[at]);
        }
    return FOUND;
}

/* The kind of the rule that matches a line: NO_RULE, SECTION or OTHER; -1 with an exception. */
static int rule_of(Page *page, Line line)
{
    PyObject *headings = page->self->headings, *text = string_of(line), *rule = NULL, *kind = NULL, *number = NULL;
    int found = -1;
    if (text == NULL)
        return -1;
    PyObject *known = PyDict_GetItemWithError(headings, text);
    if (known != NULL)
        found = (int)PyLong_AsLong(known);
    else if (!PyErr_Occurred() && (rule = PyObject_CallOneArg(page->find, text)) != NULL) {
        if (rule == Py_None)
            found = NO_RULE;
        else if ((kind = PyObject_GetAttrString(rule, "kind")) != NULL && PyUnicode_Check(kind))
            found = PyUnicode_CompareWithASCIIString(kind, "section") == 0 ? SECTION : OTHER;
        else if (kind != NULL)
            PyErr_SetString(PyExc_TypeError, "a rule's kind is a str");
        if (found >= 0 && PyDict_GET_SIZE(headings) >= HEADINGS)
            PyDict_Clear(headings);
        if (found >= 0 && ((number = PyLong_FromLong(found)) == NULL || PyDict_SetItem(headings, text, number) < 0))
            found = -1;
    }
    Py_DECREF(text);
    Py_XDECREF(rule);
    Py_XDECREF(kind);
    Py_XDECREF(number);
    return found;
}

/* Finds where the footer begins among the lines that are left, with the footer model's rules for simple pages.
   Twin: `find_footer` in stream/core/footer/page.py. */
static int by_model(Page *page, Py_ssize_t *begin)
{
    Articles *self = page->self;
    const Tails tails = {self->lookup, self->ends, set_of(self->quotes), set_of(self->opens)};
    *begin = page->left;
    if (page->left < 2)
        return FOUND;
    int quiet = native_is_quiet(&tails, page->lines, page->left);
    if (quiet)
        return quiet;
    *begin = native_opening_of(&tails, page->lines, page->left);
    if (*begin < 0)
        return -1;
    int rule = *begin < page->left ? rule_of(page, page->lines[*begin]) : NO_RULE;
    return rule < 0 ? -1 : rule ? FOUND : UNKNOWN;
}

/* The same by markers: there is none, or only the heading of a section after all prose.
   Twin: `footer_of` in stream/core/markers.py. */
static int by_markers(Page *page, Py_ssize_t *begin)
{
    Articles *self = page->self;
    *begin = page->left;
    for (Py_ssize_t at = 0; at < page->left; at++) {
        const Line line = raw_line(page, at);
        int marks = size_of(line) <= MAX_MARKER ? native_may_be(line, self->openings) : 0;
        if (marks > 0)
            marks = rule_of(page, line);
        if (marks < 0)
            return -1;
        if (marks && (*begin < page->left || at == 0 || marks != SECTION))
            return UNKNOWN;
        if (marks && (!is_plain(page, page->places[page->at[at]]) || may_be_code(page, page->places[page->at[at]])))
            return UNKNOWN;
        if (marks)
            *begin = at;
    }
    if (*begin == page->left)
        return FOUND;
    int before = 0;
    const Set ends = set_of(self->prose_ends), quotes = set_of(self->prose_quotes), wide = set_of(self->wide);
    for (Py_ssize_t at = 0; at < page->left; at++) {
        const Line line = raw_line(page, at);
        if (native_width(line, wide, set_of(self->format)) < PROSE)
            continue;
        if (native_ends_sentence(letters_of(line), ends, quotes)) {
            if (at >= *begin)
                return UNKNOWN;
            before = 1;
        }
        else if (!before)
            return UNKNOWN; /* the page may be open-ended: see `is_open_ended` */
    }
    return before ? FOUND : UNKNOWN;
}

/* Whether something like an article is left. Twin: the loop of `_within_budget` in stream/core/cleaning.py. */
static int is_an_article(const Page *page)
{
    const Set ends = set_of(page->self->prose_ends), quotes = set_of(page->self->prose_quotes);
    Py_ssize_t size = 0;
    for (Py_ssize_t at = 0; at < page->left && !page->places[page->at[at]].gone; at++) {
        size += native_width(page->lines[at], set_of(page->self->wide), set_of(page->self->format));
        if (size >= BODY)
            return 1;
        if (2 * size >= MAX_MARKER && native_ends_sentence(letters_of(raw_line(page, at)), ends, quotes))
            return 1;
    }
    return 0;
}

/* Marks the blank lines before each removed line; gives the number of lines that stay. */
static Py_ssize_t with_blanks(Page *page)
{
    Py_ssize_t stay = 0;
    int gone = STAYS;
    for (Py_ssize_t at = page->count - 1; at >= 0; at--) {
        if (page->places[at].first >= 0)
            gone = page->places[at].gone;
        else
            page->places[at].gone = (uint8_t)gone;
        stay += !page->places[at].gone;
    }
    return stay;
}

/* Finds the next run of lines that stay, from line `at` on; gives the line after it, -1 if there is none. */
static Py_ssize_t next_part(const Page *page, Py_ssize_t at, Line *part)
{
    while (at < page->count && page->places[at].gone)
        at++;
    if (at == page->count)
        return -1;
    part->string = page->text;
    part->begin = page->places[at].begin;
    while (at < page->count && !page->places[at].gone)
        at++;
    part->end = page->places[at - 1].end;
    return at;
}

/* How many more CRs (or fewer, if negative) the line above the removed lines from `at` on gets, so that a whole
   separator is removed. Twin: stream/core/line_ends.py. */
static Py_ssize_t more_crs(const Page *page, Py_ssize_t at)
{
    Py_ssize_t last = at - 1;
    while (last + 1 < page->count && page->places[last + 1].gone)
        last++;
    return crs_of(page, page->places[last]) - crs_of(page, page->places[at - 1]);
}

/* Writes what stays as a JSON string; gives the end of it, or NULL if there is no room. */
static char *json_of(const Page *page, char *to, const char *end)
{
    Line part = {0};
    Py_ssize_t at = next_part(page, 0, &part);
    *to++ = '"';
    while (at >= 0) {
        Py_ssize_t more = more_crs(page, at);
        part.end += more < 0 ? more : 0;
        to = native_json(part, to, end);
        for (; more > 0 && to != NULL && end - to >= JSON_SPARE; more--, to += 2)
            memcpy(to, "\\r", 2);
        if (to == NULL || end - to < JSON_SPARE)
            return NULL;
        at = next_part(page, at, &part);
        memcpy(to, at < 0 ? "\"" : "\\n", 2);
        to += at < 0 ? 1 : 2;
    }
    return to;
}

/* The document with what stays in place of its text. NULL with an exception, or without one if there is no text. */
static PyObject *spliced(const Page *page, PyObject *value, PyObject *name)
{
    Py_ssize_t begin, end;
    if (!native_span_of(value, name, &begin, &end))
        return NULL;
    const Py_ssize_t rest = PyBytes_GET_SIZE(value) - end;
    const Py_ssize_t room = PyBytes_GET_SIZE(value) + 2 * JSON_SPARE; /* what stays is not longer than the text was */
    char *copy = PyMem_Malloc(room);
    if (copy == NULL)
        return PyErr_NoMemory();
    memcpy(copy, PyBytes_AS_STRING(value), begin);
    char *to = json_of(page, copy + begin, copy + room - rest);
    PyObject *made = NULL;
    if (to != NULL) {
        memcpy(to, PyBytes_AS_STRING(value) + end, rest);
        made = PyBytes_FromStringAndSize(copy, to + rest - copy);
    }
    PyMem_Free(copy);
    return made;
}

/* Cleans the article: gives (new value, repeats, footer lines), or None if it is not simple. */
static PyObject *cleaned(Page *page, PyObject *value, PyObject *name)
{
    Py_ssize_t begin = 0;
    int found = find_repeats(page);
    if (found == FOUND)
        found = gather(page);
    if (found == FOUND)
        found = page->self->whole_page ? by_model(page, &begin) : by_markers(page, &begin);
    for (Py_ssize_t at = begin; found == FOUND && at < page->left; at++)
        page->places[page->at[at]].gone = FOOTER;
    const Py_ssize_t footer = page->left - begin;
    if (found < 0)
        return NULL;
    if (found != FOUND || (footer && !is_an_article(page)))
        Py_RETURN_NONE;
    if (!page->repeated && !footer)
        return Py_BuildValue("Oii", value, 0, 0);
    if (with_blanks(page) < 2) /* a single line may contain another separator: see `clean` */
        Py_RETURN_NONE;
    PyObject *made = spliced(page, value, name);
    if (made == NULL)
        return PyErr_Occurred() ? NULL : Py_NewRef(Py_None);
    return Py_BuildValue("Nin", made, page->repeated, footer);
}

/* Whether the text has format characters, which only the twin knows how to ignore. */
static int has_format(const Page *page)
{
    Text text = text_of(page->text);
    const Set format = set_of(page->self->format);
    if (PyUnicode_IS_ASCII(page->text))
        return 0;
    if (text.kind == PyUnicode_1BYTE_KIND)
        return memchr(text.data, 0xAD, text.size) != NULL;
    for (Py_ssize_t at = 0; at < text.size; at++)
        if (in_set(format, letter(text, at)))
            return 1;
    return 0;
}

/* clean(value, name, text, find) -> (new value, repeats, footer lines), or None if the twin has to do it.

   `value` is a JSON object in bytes, `name` a field's name in JSON (with its quotes), `text` what a parser found in
   that field, and `find` is `Rules.find`. */
static PyObject *articles_clean(Articles *self, PyObject *const *args, Py_ssize_t count)
{
    if (count != 4 || !PyBytes_Check(args[0]) || !PyBytes_Check(args[1]) || !PyUnicode_Check(args[2])) {
        PyErr_SetString(PyExc_TypeError, "clean(value: bytes, name: bytes, text: str, find)");
        return NULL;
    }
    Page page = {.self = self, .text = args[2], .find = args[3]};
    PyObject *answer = NULL;
    page.count = has_format(&page) ? 0 : native_places_of(page.text, set_of(self->plain), &page.places);
    if (page.count == 1 && PyUnicode_FindChar(page.text, '\r', 0, PyUnicode_GET_LENGTH(page.text), 1) != -1)
        page.count = 0; /* its lines are separated by CRs */
    if (page.count > 0)
        answer = cleaned(&page, args[0], args[1]);
    else if (page.count == 0)
        answer = Py_NewRef(Py_None);
    PyMem_Free(page.places);
    PyMem_Free(page.lines);
    PyMem_Free(page.at);
    return answer;
}

static PyObject *articles_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *lookup, *openings, *sets[8];
    int whole_page;
    if ((kwargs != NULL && PyDict_GET_SIZE(kwargs)) ||
        !PyArg_ParseTuple(args, "pO!OSSSSSSSS", &whole_page, &native_Lookup, &lookup, &openings, sets, sets + 1, sets + 2,
                          sets + 3, sets + 4, sets + 5, sets + 6, sets + 7))
        return NULL;
    if (!PyAnySet_Check(openings)) {
        PyErr_SetString(PyExc_TypeError, "openings are a set");
        return NULL;
    }
    PyObject *headings = PyDict_New();
    Articles *self = headings == NULL ? NULL : (Articles *)type->tp_alloc(type, 0);
    if (self == NULL) {
        Py_XDECREF(headings);
        return NULL;
    }
    self->headings = headings;
    self->whole_page = whole_page;
    self->lookup = Py_NewRef(lookup);
    self->openings = Py_NewRef(openings);
    PyObject **fields[] = {&self->plain,      &self->ends,         &self->quotes, &self->opens,
                           &self->prose_ends, &self->prose_quotes, &self->wide,   &self->format};
    for (int each = 0; each < 8; each++)
        *fields[each] = Py_NewRef(sets[each]);
    return (PyObject *)self;
}

static void articles_dealloc(Articles *self)
{
    PyObject *held[] = {self->lookup, self->openings,   self->plain,        self->ends, self->quotes,
                        self->opens,  self->prose_ends, self->prose_quotes, self->wide, self->format, self->headings};
    for (size_t each = 0; each < sizeof held / sizeof *held; each++)
        Py_XDECREF(held[each]);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

/* Pickling, for the processes of `clean --jobs`. */
static PyObject *articles_reduce(Articles *self, PyObject *Py_UNUSED(none))
{
    return Py_BuildValue("O(iOOOOOOOOOO)", Py_TYPE(self), self->whole_page, self->lookup, self->openings, self->plain,
                         self->ends, self->quotes, self->opens, self->prose_ends, self->prose_quotes, self->wide, self->format);
}

static PyMethodDef methods[] = {
    {"__reduce__", (PyCFunction)articles_reduce, METH_NOARGS, NULL},
    {"clean", (PyCFunction)(void (*)(void))articles_clean, METH_FASTCALL, NULL},
    {NULL},
};

PyTypeObject native_Articles = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "stream.core.native.compiled.Articles",
    .tp_basicsize = sizeof(Articles),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = articles_new,
    .tp_dealloc = (destructor)articles_dealloc,
    .tp_methods = methods,
};
