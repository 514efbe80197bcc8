/*
 * The reading thread fills blocks of a ring; each has room before it for what the taker keeps of the one before. ISA-L inflates,
 * in a third of zlib's time: on two cores that share their units, what the reader takes is taken from the parser.
 */
#include "importers/source.h"

#include <errno.h>
#include <fcntl.h>
#include <isa-l/igzip_lib.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(at, bytes) ((void)(at), (void)(bytes))
#define ASAN_UNPOISON_MEMORY_REGION(at, bytes) ((void)(at), (void)(bytes))
#endif

#define INPUT_BYTES (128u << 10) /* compressed bytes read at once */
#define MEMORY_BYTES (SOURCE_KEEP_BYTES + SOURCE_BLOCK_BYTES + SOURCE_PAD_BYTES)

struct block {
    char *memory; /* SOURCE_KEEP_BYTES, then the block, then the pad; mapped, so that what is not touched costs nothing */
    size_t length;
};

struct source {
    char *path;
    int descriptor;
    struct inflate_state *gzip; /* NULL: a plain file */
    unsigned char *input; /* INPUT_BYTES: the file's bytes before inflation */
    size_t input_length;  /* of a plain file: of its first bytes, not yet handed on */
    const char *trouble;  /* written by the reader before `ended` */
    int failure;          /* errno of a failed read */

    pthread_t reader;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct block block[SOURCE_BLOCKS];
    unsigned filled, taken; /* blocks so far; filled - taken <= SOURCE_BLOCKS */
    bool running, ended, stop;

    /* The taker's. */
    int64_t begin_offset; /* of the window's block */
    const char *begin;    /* first byte of the window's block */
    const char *end;
    bool holds;           /* a block is in the taker's hands */
};

static char *block_bytes(const struct block *block)
{
    return block->memory + SOURCE_KEEP_BYTES;
}

/* Reads until the buffer is full or the file ends; -1 with errno. */
static ssize_t read_fully(int descriptor, void *buffer, size_t bytes)
{
    size_t have = 0;
    while (have < bytes) {
        ssize_t count = read(descriptor, (char *)buffer + have, bytes - have);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return -1;
        if (count == 0)
            break;
        have += (size_t)count;
    }
    return (ssize_t)have;
}

static size_t fill_plain(struct source *self, char *buffer)
{
    size_t have = self->input_length;
    memcpy(buffer, self->input, have);
    self->input_length = 0;
    ssize_t count = read_fully(self->descriptor, buffer + have, SOURCE_BLOCK_BYTES - have);
    if (count < 0)
        self->failure = errno;
    return have + (count > 0 ? (size_t)count : 0);
}

/* More compressed bytes; false at the file's end. */
static bool refill(struct source *self)
{
    ssize_t count = read_fully(self->descriptor, self->input, INPUT_BYTES);
    if (count < 0)
        self->failure = errno;
    self->gzip->next_in = self->input;
    self->gzip->avail_in = count > 0 ? (unsigned)count : 0;
    return count > 0;
}

/* A member has ended: another may follow, or zeros (tapes and blocks are padded), or nothing. */
static bool next_member(struct source *self)
{
    struct inflate_state *gzip = self->gzip;

    for (;;) {
        if (gzip->avail_in == 0 && !refill(self))
            return false;
        if (*gzip->next_in)
            break;
        gzip->next_in++;
        gzip->avail_in--;
    }
    if (*gzip->next_in != 0x1f) {
        self->trouble = "bytes that are no gzip follow its last member";
        return false;
    }
    isal_inflate_reset(gzip);
    gzip->crc_flag = ISAL_GZIP;
    return true;
}

static size_t fill_gzip(struct source *self, char *buffer)
{
    struct inflate_state *gzip = self->gzip;

    gzip->next_out = (unsigned char *)buffer;
    gzip->avail_out = SOURCE_BLOCK_BYTES;
    while (!self->trouble) {
        uint32_t had = gzip->avail_in, room = gzip->avail_out;
        int code = isal_inflate(gzip); /* uses up its input, fills the block, or ends a member */
        if (code == ISAL_INCORRECT_CHECKSUM)
            self->trouble = "its gzip checksum or length is wrong";
        else if (code < 0 || code == ISAL_NEED_DICT)
            self->trouble = "its gzip data are damaged";
        else if (gzip->block_state == ISAL_BLOCK_FINISH ? !next_member(self) : gzip->avail_out == 0)
            break;
        else if (gzip->avail_in == 0 && !refill(self))
            self->trouble = "its gzip stream breaks off";
        else if (had && gzip->avail_in == had && gzip->avail_out == room)
            self->trouble = "its gzip data are damaged"; /* no progress: never seen, and never to be waited for */
    }
    return SOURCE_BLOCK_BYTES - gzip->avail_out;
}

/* Waits for a free block; false when the taker has gone. */
static bool wait_free(struct source *self)
{
    pthread_mutex_lock(&self->lock);
    while (!self->stop && self->filled - self->taken == SOURCE_BLOCKS)
        pthread_cond_wait(&self->changed, &self->lock);
    bool go = !self->stop;
    pthread_mutex_unlock(&self->lock);
    return go;
}

static void *read_ahead(void *argument)
{
    struct source *self = argument;
    bool last = false;

    while (!last && wait_free(self)) {
        struct block *block = &self->block[self->filled % SOURCE_BLOCKS];
        char *bytes = block_bytes(block);
        ASAN_UNPOISON_MEMORY_REGION(bytes, SOURCE_BLOCK_BYTES + SOURCE_PAD_BYTES);
        block->length = self->gzip ? fill_gzip(self, bytes) : fill_plain(self, bytes);
        memset(bytes + block->length, 0, SOURCE_PAD_BYTES);
        ASAN_POISON_MEMORY_REGION(bytes + block->length + SOURCE_PAD_BYTES, SOURCE_BLOCK_BYTES - block->length);
        last = block->length < SOURCE_BLOCK_BYTES;
        pthread_mutex_lock(&self->lock);
        self->filled++;
        self->ended = last;
        pthread_cond_signal(&self->changed);
        pthread_mutex_unlock(&self->lock);
    }
    return NULL;
}

/* The magic number decides; the bytes looked at stay in `input`. */
static enum status open_stream(struct source *self)
{
    self->descriptor = open(self->path, O_RDONLY | O_CLOEXEC);
    if (self->descriptor < 0 && errno == ENOENT)
        return FAIL(NOT_FOUND, "%s: no such file; check the name", self->path);
    if (self->descriptor < 0)
        return FAIL(IO, "%s: can't be opened: %s", self->path, strerror(errno));
    ssize_t count = read_fully(self->descriptor, self->input, INPUT_BYTES);
    if (count < 0)
        return FAIL(IO, "%s: can't be read: %s", self->path, strerror(errno));
    self->input_length = (size_t)count;
    if (count < 2 || self->input[0] != 0x1f || self->input[1] != 0x8b)
        return STATUS_OK;
    self->gzip = malloc(sizeof *self->gzip);
    if (!self->gzip)
        return FAIL(NO_MEMORY, "%s: no memory to inflate it", self->path);
    isal_inflate_init(self->gzip);
    self->gzip->crc_flag = ISAL_GZIP;
    self->gzip->next_in = self->input;
    self->gzip->avail_in = (unsigned)count;
    return STATUS_OK;
}

static enum status make_blocks(struct source *self)
{
    for (int i = 0; i < SOURCE_BLOCKS; i++) {
        void *memory = mmap(NULL, MEMORY_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (memory == MAP_FAILED)
            return FAIL(NO_MEMORY, "%s: no memory to read it", self->path);
        self->block[i].memory = memory;
    }
    return STATUS_OK;
}

static void release_blocks(struct source *self)
{
    for (int i = 0; i < SOURCE_BLOCKS; i++) {
        if (!self->block[i].memory)
            continue;
        ASAN_UNPOISON_MEMORY_REGION(self->block[i].memory, MEMORY_BYTES);
        munmap(self->block[i].memory, MEMORY_BYTES);
    }
}

static struct source *source_make(const char *path)
{
    struct source *self = calloc(1, sizeof *self);
    if (!self)
        return NULL;
    self->descriptor = -1;
    self->path = strdup(path);
    self->input = malloc(INPUT_BYTES);
    pthread_mutex_init(&self->lock, NULL);
    pthread_cond_init(&self->changed, NULL);
    if (self->path && self->input)
        return self;
    source_close(self);
    return NULL;
}

enum status source_open(const char *path, struct source **out)
{
    enum status status;
    struct source *self = source_make(path);

    *out = NULL;
    if (!self)
        return FAIL(NO_MEMORY, "%s: no memory to read it", path);
    TRY_OUT(open_stream(self));
    TRY_OUT(make_blocks(self));
    self->running = pthread_create(&self->reader, NULL, read_ahead, self) == 0;
    status = self->running ? STATUS_OK : FAIL(IO, "%s: no thread can be started to read it", path);
    *out = self;
out:
    if (status != STATUS_OK) {
        source_close(self);
        *out = NULL;
    }
    return status;
}

/* Gives the block in hand back and waits for the next; NULL when there is none. */
static struct block *next_block(struct source *self)
{
    struct block *block = NULL;

    pthread_mutex_lock(&self->lock);
    /* The block in hand is only given back once another is there: its bytes may have to be copied. */
    while (self->filled - self->taken <= (self->holds ? 1u : 0u) && !self->ended)
        pthread_cond_wait(&self->changed, &self->lock);
    if (self->filled - self->taken > (self->holds ? 1u : 0u))
        block = &self->block[(self->taken + (self->holds ? 1u : 0u)) % SOURCE_BLOCKS];
    pthread_mutex_unlock(&self->lock);
    return block;
}

static void give_back(struct source *self)
{
    pthread_mutex_lock(&self->lock);
    self->taken++;
    pthread_cond_signal(&self->changed);
    pthread_mutex_unlock(&self->lock);
}

enum status source_more(struct source *self, const char **at, const char **end, bool *more)
{
    size_t keep = self->holds ? (size_t)(self->end - *at) : 0;

    *more = false;
    *end = self->end;
    if (keep > SOURCE_KEEP_BYTES)
        return FAIL(CORRUPT, "%s: at byte %lld begins a value of over %u MB, which no profiler writes; is the file damaged?",
                    self->path, (long long)source_offset(self, *at), SOURCE_KEEP_BYTES >> 20);
    struct block *block = next_block(self);
    if (!block || block->length == 0) {
        if (self->failure)
            return FAIL(IO, "%s: can't be read: %s", self->path, strerror(self->failure));
        if (!self->holds)
            *at = *end = "";
        return STATUS_OK;
    }
    char *bytes = block_bytes(block);
    if (keep)
        memcpy(bytes - keep, *at, keep);
    self->begin_offset += self->end - self->begin;
    self->begin = bytes;
    self->end = bytes + block->length;
    if (self->holds)
        give_back(self);
    self->holds = true;
    *at = bytes - keep;
    *end = self->end;
    *more = true;
    return STATUS_OK;
}

int64_t source_offset(const struct source *self, const char *at)
{
    return self->holds ? self->begin_offset + (at - self->begin) : 0;
}

const char *source_trouble(const struct source *self)
{
    return self->trouble;
}

void source_close(struct source *self)
{
    if (!self)
        return;
    if (self->running) {
        pthread_mutex_lock(&self->lock);
        self->stop = true;
        pthread_cond_signal(&self->changed);
        pthread_mutex_unlock(&self->lock);
        pthread_join(self->reader, NULL);
    }
    free(self->gzip);
    if (self->descriptor >= 0)
        close(self->descriptor);
    release_blocks(self);
    pthread_cond_destroy(&self->changed);
    pthread_mutex_destroy(&self->lock);
    free(self->input);
    free(self->path);
    free(self);
}

enum status source_head(const char *path, char *buffer, size_t capacity, size_t *length)
{
    struct source *source = NULL;
    const char *at = NULL, *end = NULL;
    bool more;
    enum status status;

    *length = 0;
    TRY_OUT(source_open(path, &source));
    TRY_OUT(source_more(source, &at, &end, &more));
    if (!more && source_trouble(source))
        TRY_OUT(FAIL(CORRUPT, "%s: byte 0: %s; is the file damaged?", path, source_trouble(source)));
    *length = (size_t)(end - at) < capacity ? (size_t)(end - at) : capacity;
    memcpy(buffer, at, *length);
out:
    source_close(source);
    return status;
}
