/* XXH3 with 64 bits, without a seed, by its specification (github.com/Cyan4973/xxHash, doc/xxhash_spec.md). Twin:
   `xxh3_64_intdigest` of the package xxhash, which hands out no function for C. */

#include "native.h"

static const uint64_t PRIME32_1 = 0x9E3779B1, PRIME32_2 = 0x85EBCA77, PRIME32_3 = 0xC2B2AE3D;
static const uint64_t PRIME64_1 = 0x9E3779B185EBCA87, PRIME64_2 = 0xC2B2AE3D27D4EB4F, PRIME64_3 = 0x165667B19E3779F9;
static const uint64_t PRIME64_4 = 0x85EBCA77C2B2AE63, PRIME64_5 = 0x27D4EB2F165667C5;
static const uint64_t PRIME_MX1 = 0x165667919E3779F9, PRIME_MX2 = 0x9FB21C651E98DF25;

#define SECRET 192
#define STRIPE 64 /* bytes that the eight accumulators take at a time */
#define STRIPES ((SECRET - STRIPE) / 8) /* in a block */

static const uint8_t secret[SECRET] = {
    0xB8, 0xFE, 0x6C, 0x39, 0x23, 0xA4, 0x4B, 0xBE, 0x7C, 0x01, 0x81, 0x2C, 0xF7, 0x21, 0xAD, 0x1C, 0xDE, 0xD4, 0x6D, 0xE9,
    0x83, 0x90, 0x97, 0xDB, 0x72, 0x40, 0xA4, 0xA4, 0xB7, 0xB3, 0x67, 0x1F, 0xCB, 0x79, 0xE6, 0x4E, 0xCC, 0xC0, 0xE5, 0x78,
    0x82, 0x5A, 0xD0, 0x7D, 0xCC, 0xFF, 0x72, 0x21, 0xB8, 0x08, 0x46, 0x74, 0xF7, 0x43, 0x24, 0x8E, 0xE0, 0x35, 0x90, 0xE6,
    0x81, 0x3A, 0x26, 0x4C, 0x3C, 0x28, 0x52, 0xBB, 0x91, 0xC3, 0x00, 0xCB, 0x88, 0xD0, 0x65, 0x8B, 0x1B, 0x53, 0x2E, 0xA3,
    0x71, 0x64, 0x48, 0x97, 0xA2, 0x0D, 0xF9, 0x4E, 0x38, 0x19, 0xEF, 0x46, 0xA9, 0xDE, 0xAC, 0xD8, 0xA8, 0xFA, 0x76, 0x3F,
    0xE3, 0x9C, 0x34, 0x3F, 0xF9, 0xDC, 0xBB, 0xC7, 0xC7, 0x0B, 0x4F, 0x1D, 0x8A, 0x51, 0xE0, 0x4B, 0xCD, 0xB4, 0x59, 0x31,
    0xC8, 0x9F, 0x7E, 0xC9, 0xD9, 0x78, 0x73, 0x64, 0xEA, 0xC5, 0xAC, 0x83, 0x34, 0xD3, 0xEB, 0xC3, 0xC5, 0x81, 0xA0, 0xFF,
    0xFA, 0x13, 0x63, 0xEB, 0x17, 0x0D, 0xDD, 0x51, 0xB7, 0xF0, 0xDA, 0x49, 0xD3, 0x16, 0x55, 0x26, 0x29, 0xD4, 0x68, 0x9E,
    0x2B, 0x16, 0xBE, 0x58, 0x7D, 0x47, 0xA1, 0xFC, 0x8F, 0xF8, 0xB8, 0xD1, 0x7A, 0xD0, 0x31, 0xCE, 0x45, 0xCB, 0x3A, 0x8F,
    0x95, 0x16, 0x04, 0x28, 0xAF, 0xD7, 0xFB, 0xCA, 0xBB, 0x4B, 0x40, 0x7E,
};

/* Little-endian numbers, on any machine. */
static inline uint64_t four(const uint8_t *at)
{
    return at[0] | (uint64_t)at[1] << 8 | (uint64_t)at[2] << 16 | (uint64_t)at[3] << 24;
}

static inline uint64_t eight(const uint8_t *at)
{
    return four(at) | four(at + 4) << 32;
}

static inline uint64_t swapped(uint64_t word)
{
    word = (word & 0x00FF00FF00FF00FF) << 8 | (word >> 8 & 0x00FF00FF00FF00FF);
    word = (word & 0x0000FFFF0000FFFF) << 16 | (word >> 16 & 0x0000FFFF0000FFFF);
    return word << 32 | word >> 32;
}

static inline uint64_t turned(uint64_t word, int bits)
{
    return word << bits | word >> (64 - bits);
}

/* Both halves of a product of 128 bits, in one. */
static inline uint64_t folded(uint64_t one, uint64_t other)
{
    const unsigned __int128 product = (unsigned __int128)one * other;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t avalanche(uint64_t word)
{
    word = (word ^ word >> 37) * PRIME_MX1;
    return word ^ word >> 32;
}

static inline uint64_t avalanche_64(uint64_t word) /* that of XXH64, for the shortest */
{
    word = (word ^ word >> 33) * PRIME64_2;
    word = (word ^ word >> 29) * PRIME64_3;
    return word ^ word >> 32;
}

static inline uint64_t up_to_16(const uint8_t *data, size_t size)
{
    if (size > 8) {
        const uint64_t low = eight(secret + 24) ^ eight(secret + 32) ^ eight(data);
        const uint64_t high = eight(secret + 40) ^ eight(secret + 48) ^ eight(data + size - 8);
        return avalanche(size + swapped(low) + high + folded(low, high));
    }
    if (size > 3) {
        uint64_t word = eight(secret + 8) ^ eight(secret + 16) ^ (four(data + size - 4) | four(data) << 32);
        word = (word ^ turned(word, 49) ^ turned(word, 24)) * PRIME_MX2;
        word = (word ^ ((word >> 35) + size)) * PRIME_MX2;
        return word ^ word >> 28;
    }
    if (size == 0)
        return avalanche_64(eight(secret + 56) ^ eight(secret + 64));
    const uint64_t bytes = data[size - 1] | size << 8 | (uint64_t)data[0] << 16 | (uint64_t)data[size >> 1] << 24;
    return avalanche_64(four(secret) ^ four(secret + 4) ^ bytes);
}

static inline uint64_t mixed(const uint8_t *data, const uint8_t *with)
{
    return folded(eight(data) ^ eight(with), eight(data + 8) ^ eight(with + 8));
}

static uint64_t up_to_240(const uint8_t *data, size_t size)
{
    uint64_t sum = size * PRIME64_1;
    if (size <= 128) {
        for (size_t at = 0; at <= (size - 1) >> 5; at++) {
            sum += mixed(data + at * 16, secret + at * 32);
            sum += mixed(data + size - at * 16 - 16, secret + at * 32 + 16);
        }
        return avalanche(sum);
    }
    for (size_t at = 0; at < 8; at++)
        sum += mixed(data + at * 16, secret + at * 16);
    sum = avalanche(sum);
    for (size_t at = 8; at < size >> 4; at++)
        sum += mixed(data + at * 16, secret + (at - 8) * 16 + 3);
    return avalanche(sum + mixed(data + size - 16, secret + 119));
}

static void accumulate(uint64_t *sums, const uint8_t *stripe, const uint8_t *with)
{
    for (int at = 0; at < 8; at++) {
        const uint64_t word = eight(stripe + at * 8), other = word ^ eight(with + at * 8);
        sums[at ^ 1] += word;
        sums[at] += (other & 0xFFFFFFFF) * (other >> 32);
    }
}

static uint64_t longer(const uint8_t *data, size_t size)
{
    uint64_t sums[8] = {PRIME32_3, PRIME64_1, PRIME64_2, PRIME64_3, PRIME64_4, PRIME32_2, PRIME64_5, PRIME32_1};
    const size_t stripes = (size - 1) / STRIPE; /* without the last, which may overlap the one before */
    for (size_t at = 0; at < stripes; at++) {
        accumulate(sums, data + at * STRIPE, secret + at % STRIPES * 8);
        if ((at + 1) % STRIPES == 0) /* the end of a block */
            for (int each = 0; each < 8; each++)
                sums[each] = (sums[each] ^ sums[each] >> 47 ^ eight(secret + SECRET - STRIPE + each * 8)) * PRIME32_1;
    }
    accumulate(sums, data + size - STRIPE, secret + SECRET - STRIPE - 7);
    uint64_t sum = size * PRIME64_1;
    for (int at = 0; at < 4; at++)
        sum += folded(sums[2 * at] ^ eight(secret + 11 + 16 * at), sums[2 * at + 1] ^ eight(secret + 19 + 16 * at));
    return avalanche(sum);
}

uint64_t native_xxh3(const uint8_t *data, size_t size)
{
    return size <= 16 ? up_to_16(data, size) : size <= 240 ? up_to_240(data, size) : longer(data, size);
}

/* xxh3(data: bytes) -> its hash, for tests */
PyObject *native_xxh3_of(PyObject *Py_UNUSED(module), PyObject *data)
{
    if (!PyBytes_Check(data)) {
        PyErr_SetString(PyExc_TypeError, "xxh3(data: bytes)");
        return NULL;
    }
    const uint8_t *bytes = (const uint8_t *)PyBytes_AS_STRING(data);
    return PyLong_FromUnsignedLongLong(native_xxh3(bytes, (size_t)PyBytes_GET_SIZE(data)));
}
