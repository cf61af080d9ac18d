/* Included by places.c once for each size of a character in memory. */

#define BLOCK 32

/* Whether all characters that are not ASCII are in the bitmap `plain`. */
static int NAME(all_plain)(const CHAR *text, Py_ssize_t size, Set plain)
{
    Py_ssize_t at = 0;
    while (at < size) {
        Py_ssize_t end = at + BLOCK < size ? at + BLOCK : size;
        Py_UCS4 any = 0;
        for (Py_ssize_t each = at; each < end; each++)
            any |= text[each];
        if (any >= 0x80)
            for (Py_ssize_t each = at; each < end; each++)
                if (text[each] >= 0x80 && !in_set(plain, text[each]))
                    return 0;
        at = end;
    }
    return 1;
}

/* Whether a line that is not empty may be in another than normal form. */
static int NAME(is_odd)(const CHAR *line, Py_ssize_t size)
{
    CHAR odd = line[0] == ' ' || line[size - 1] <= ' ';
    for (Py_ssize_t at = 0; at < size - 1; at++)
        odd |= (CHAR)((CHAR)(line[at] < ' ') | ((CHAR)(line[at] == ' ') & (CHAR)(line[at + 1] == ' ')));
    return odd;
}

/* Copies a line, with one space for each run of white space and none at its ends; gives the size of the copy. */
static Py_ssize_t NAME(normalise)(const CHAR *line, Py_ssize_t size, CHAR *copy)
{
    Py_ssize_t used = 0;
    for (Py_ssize_t at = 0; at < size; at++) {
        if (!is_plain_space(line[at]))
            copy[used++] = line[at];
        else if (used && copy[used - 1] != ' ')
            copy[used++] = ' ';
    }
    return used && copy[used - 1] == ' ' ? used - 1 : used;
}

static Py_ssize_t NAME(line_end)(const CHAR *text, Py_ssize_t at, Py_ssize_t size)
{
    if (sizeof(CHAR) == 1) {
        const void *found = memchr(text + at, '\n', size - at);
        return found ? (const CHAR *)found - text : size;
    }
    while (at < size && text[at] != '\n')
        at++;
    return at;
}

static Py_ssize_t NAME(places)(const CHAR *text, Py_ssize_t size, Set plain, int ascii, Place **found)
{
    if (!ascii && !NAME(all_plain)(text, size, plain))
        return 0;
    Lines seen = {0};
    CHAR *copies = NULL;
    Place *places = NULL;
    Py_ssize_t used = 0, begin = 0, count = 0, room = 0;
    while (begin <= size) {
        if (count == room && (places = with_room(places, &room)) == NULL)
            goto no_memory;
        Py_ssize_t end = NAME(line_end)(text, begin, size), length = end - begin, first = -1;
        const CHAR *here = text + begin, *normal = here;
        if (length && NAME(is_odd)(here, length)) {
            if (copies == NULL && (copies = PyMem_Malloc(size * sizeof(CHAR))) == NULL)
                goto no_memory;
            normal = copies + used;
            length = NAME(normalise)(here, length, copies + used);
            used += length;
        }
        const int is_normal = normal == here;
        if (length && (first = first_like(&seen, normal, length * sizeof(CHAR), (uint32_t)count, is_normal)) < 0)
            goto no_memory;
        const int same = is_normal && first >= 0 && first < count && seen.same;
        places[count++] = (Place){(uint32_t)begin, (uint32_t)end, (int32_t)first, (uint8_t)same};
        begin = end + 1;
    }
    goto done;
no_memory:
    PyErr_NoMemory();
    PyMem_Free(places);
    places = NULL;
    count = -1;
done:
    PyMem_Free(seen.known);
    PyMem_Free(seen.table);
    PyMem_Free(copies);
    *found = places;
    return count;
}

#undef BLOCK
