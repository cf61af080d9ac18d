/* The network's weights, and its arithmetic. Twin: `Network` in stream/core/footer/network.py. */

#ifndef STREAM_NETWORK_H
#define STREAM_NETWORK_H

#include "native.h"

/* Constants of the twin. */
#define LAYERS 6
#define HIGHEST 32767
#define MOST_WORDS 24

#define MOST_CHANNELS 64
#define MOST_TRAITS 64 /* rows of a line */

/* A layer. For each channel that it makes there are the weights of the line above, of the line itself and of the line
   below, one after the other. */
typedef struct {
    int16_t *weights, *bias;
    int64_t largest; /* the greatest sum of the absolute weights of a channel */
} Layer;

typedef struct {
    PyObject_HEAD
    int channels, words_shift, no_footer, most_body;
    Py_ssize_t word_rows, trait_rows;
    int16_t *words, *traits, *bias, *out;
    int16_t *direct; /* what each trait adds to the two numbers at the end */
    int32_t out_bias[2];
    int rests; /* row 0 of the words, which stands for each missing word, is not zero */
    Layer layers[LAYERS];
} Network;

/* A page: for each line its channels, and what its traits add to its two numbers. */
typedef struct {
    Py_ssize_t count;
    int16_t *lines, *made; /* `made` is room for what a layer makes of the lines */
    int64_t *ends;         /* two of each line */
} Page;

/* The rows of a line. */
typedef int32_t Row;
typedef struct {
    Row words[MOST_WORDS], traits[MOST_TRAITS];
    int word_count, trait_count;
} Rows;

/* Sets the channels of a line. */
void native_begin(const Network *network, Page *page, Py_ssize_t line, const Rows *rows);

/* Puts the lines through all layers, and the line's two numbers into `ends`. */
void native_run(const Network *network, Page *page);

#endif
