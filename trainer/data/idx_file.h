/* Yann LeCun's idx format, gzip-compressed: big-endian magic 0x00000800 | dims, sizes, then unsigned bytes. */
#ifndef TRAINER_DATA_IDX_FILE_H
#define TRAINER_DATA_IDX_FILE_H

#include <stdint.h>

#include "base/status.h"

/* Reads the header: `dims` sizes. Fails naming the file and the byte where it stops being an idx file. */
enum status idx_header(const char *path, int dims, int64_t *size);

/* Reads everything, the checksum too; *data, the product of the sizes in bytes, is owned by the caller. */
enum status idx_read(const char *path, int dims, int64_t *size, uint8_t **data);

#endif
