/* The network's arithmetic, in integers. Twin: `scores_each` in stream/core/footer/network.py.

   Right shifts of negative numbers go towards minus infinity, as the twin's do. The loops have a fixed number of
   channels where there are 16 or 32, so that the compiler can turn them into vector instructions. */

#include "network.h"

#define SHIFT 10
#define ROOT_BITS 12

static const int DISTANCES[LAYERS] = {1, 2, 4, 8, 16, 32};

/* 2**12 / sqrt(1 + count), rounded down. Twin: `_ROOTS`. */
static const int32_t ROOTS[MOST_WORDS + 1] = {
    4096, 2896, 2364, 2048, 1831, 1672, 1548, 1448, 1365, 1295, 1234, 1182, 1136,
    1094, 1057, 1024, 993, 965, 939, 915, 893, 873, 854, 836, 819,
};

#define BLOCK 8

/* Sums so many columns of the table's rows up. */
static inline void sum_columns(int32_t *sums, const int16_t *table, const Row *rows, int count, const int channels,
                               const int columns)
{
    int32_t block[BLOCK] = {0}; /* stays in registers */
    for (int at = 0; at < count; at++) {
        const int16_t *row = table + rows[at] * channels;
        for (int each = 0; each < columns; each++)
            block[each] += row[each];
    }
    for (int each = 0; each < columns; each++)
        sums[each] = block[each];
}

static inline void sum_rows(int32_t *sums, const int16_t *table, const Row *rows, int count, const int channels)
{
    int begin = 0;
    for (; begin + BLOCK <= channels; begin += BLOCK)
        sum_columns(sums + begin, table + begin, rows, count, channels, BLOCK);
    sum_columns(sums + begin, table + begin, rows, count, channels, channels - begin);
}

static inline void begin(const Network *network, Page *page, Py_ssize_t line, const Rows *rows, const int channels)
{
    int32_t said[MOST_CHANNELS], shown[MOST_CHANNELS], ends[2];
    sum_rows(said, network->words, rows->words, rows->word_count, channels);
    for (int at = 0; at < channels && network->rests; at++)
        said[at] += (MOST_WORDS - rows->word_count) * network->words[at];
    sum_rows(shown, network->traits, rows->traits, rows->trait_count, channels);
    sum_columns(ends, network->direct, rows->traits, rows->trait_count, 2, 2);
    int16_t *to = page->lines + line * channels;
    for (int at = 0; at < channels; at++) {
        const int64_t words = (int64_t)said[at] * ROOTS[rows->word_count] >> network->words_shift;
        const int64_t sum = words + shown[at] + network->bias[at];
        to[at] = (int16_t)(sum < 0 ? 0 : sum > HIGHEST ? HIGHEST : sum);
    }
    page->ends[2 * line] = ends[0];
    page->ends[2 * line + 1] = ends[1];
}

void native_begin(const Network *network, Page *page, Py_ssize_t line, const Rows *rows)
{
    if (network->channels == 16)
        begin(network, page, line, rows, 16);
    else if (network->channels == 32)
        begin(network, page, line, rows, 32);
    else
        begin(network, page, line, rows, network->channels);
}

/* The greatest channel of any line. */
static int highest_of(const int16_t *lines, Py_ssize_t size)
{
    int16_t highest = 0;
    for (Py_ssize_t at = 0; at < size; at++)
        highest = lines[at] > highest ? lines[at] : highest;
    return highest;
}

/* Puts the line at a distance above, the line and the one below it side by side. */
static inline void gather(int16_t *three, const Page *page, Py_ssize_t at, int distance, const int channels)
{
    const size_t size = (size_t)channels * sizeof *three;
    const int16_t *line = page->lines + at * channels;
    if (at >= distance)
        memcpy(three, line - (Py_ssize_t)distance * channels, size);
    else
        memset(three, 0, size);
    memcpy(three + channels, line, size);
    if (at + distance < page->count)
        memcpy(three + 2 * channels, line + (Py_ssize_t)distance * channels, size);
    else
        memset(three + 2 * channels, 0, size);
}

/* `narrow`: all sums fit into 32 bits. */
static inline void convolve(const Layer *layer, Page *page, int distance, const int channels, const int narrow)
{
    int16_t three[3 * MOST_CHANNELS];
    int32_t sums[MOST_CHANNELS];
    for (Py_ssize_t line = 0; line < page->count; line++) {
        gather(three, page, line, distance, channels);
        for (int to = 0; to < channels; to++) {
            const int16_t *weights = layer->weights + to * 3 * channels;
            if (narrow) {
                int32_t sum = 0;
                for (int at = 0; at < 3 * channels; at++)
                    sum += three[at] * weights[at];
                sums[to] = sum >> SHIFT;
            }
            else {
                int64_t sum = 0;
                for (int at = 0; at < 3 * channels; at++)
                    sum += three[at] * weights[at];
                sums[to] = (int32_t)(sum >> SHIFT); /* at most 3 * 64 * 2**30 / 2**10 */
            }
        }
        int16_t *restrict made = page->made + line * channels;
        const int16_t *restrict bias = layer->bias;
        for (int at = 0; at < channels; at++) {
            const int32_t more = sums[at] + bias[at], sum = three[channels + at] + (more > 0 ? more : 0);
            made[at] = (int16_t)(sum < HIGHEST ? sum : HIGHEST);
        }
    }
}

static void through(const Layer *layer, Page *page, int distance, int channels)
{
    const int narrow = layer->largest * highest_of(page->lines, page->count * channels) <= INT32_MAX;
    if (!narrow)
        convolve(layer, page, distance, channels, 0);
    else if (channels == 16)
        convolve(layer, page, distance, 16, 1);
    else if (channels == 32)
        convolve(layer, page, distance, 32, 1);
    else
        convolve(layer, page, distance, channels, 1);
    int16_t *lines = page->lines;
    page->lines = page->made;
    page->made = lines;
}

void native_run(const Network *network, Page *page)
{
    const int channels = network->channels;
    for (int at = 0; at < LAYERS; at++)
        through(&network->layers[at], page, DISTANCES[at], channels);
    for (Py_ssize_t line = 0; line < page->count; line++) {
        const int16_t *from = page->lines + line * channels;
        int64_t body = 0, here = 0;
        for (int at = 0; at < channels; at++) {
            body += from[at] * network->out[at];
            here += from[at] * network->out[channels + at];
        }
        page->ends[2 * line] += (body >> SHIFT) + network->out_bias[0];
        page->ends[2 * line + 1] += (here >> SHIFT) + network->out_bias[1];
    }
}
