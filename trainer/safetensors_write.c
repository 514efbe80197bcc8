/* Writing a safetensors file. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "trainer/safetensors_int.h"

static void append_string(struct strbuf *out, const char *text)
{
    strbuf_append(out, "\"");
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            strbuf_printf(out, "\\%c", *text);
        else if ((unsigned char)*text < 0x20)
            strbuf_printf(out, "\\u%04x", (unsigned)(unsigned char)*text);
        else
            strbuf_append_bytes(out, text, 1);
    }
    strbuf_append(out, "\"");
}

static int64_t item_bytes(const struct safetensors_item *item)
{
    int64_t bytes = safetensors_type_bytes(item->type);
    for (int i = 0; i < item->dims; i++)
        bytes *= item->size[i];
    return bytes;
}

static void append_item(struct strbuf *out, const struct safetensors_item *item, int64_t *offset)
{
    int64_t end = *offset + item_bytes(item);
    append_string(out, item->name);
    strbuf_printf(out, ":{\"dtype\":\"%s\",\"shape\":[", safetensors_type_name(item->type));
    for (int i = 0; i < item->dims; i++)
        strbuf_printf(out, "%s%lld", i ? "," : "", (long long)item->size[i]);
    strbuf_printf(out, "],\"data_offsets\":[%lld,%lld]}", (long long)*offset, (long long)end);
    *offset = end;
}

/* Wide elements first, so that each tensor's bytes begin at a multiple of its element's. */
static bool in_round(const struct safetensors_item *item, int round)
{
    return (item->type == SAFETENSORS_I64) == (round == 0);
}

static void make_header(struct strbuf *out, const struct safetensors_content *content)
{
    int64_t offset = 0;
    bool any = content->pairs > 0;
    strbuf_append(out, "{");
    if (content->pairs)
        strbuf_append(out, "\"__metadata__\":{");
    for (int i = 0; i < content->pairs; i++) {
        strbuf_append(out, i ? "," : "");
        append_string(out, content->pair[i].key);
        strbuf_append(out, ":");
        append_string(out, content->pair[i].value);
    }
    if (content->pairs)
        strbuf_append(out, "}");
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < content->items; i++) {
            if (!in_round(&content->item[i], round))
                continue;
            strbuf_append(out, any ? "," : "");
            append_item(out, &content->item[i], &offset);
            any = true;
        }
    }
    strbuf_append(out, "}");
    while (out->length % 8)
        strbuf_append(out, " ");
}

static enum status put(struct file_writer *writer, const char *path, const void *bytes, size_t count)
{
    if (fwrite(bytes, 1, count, writer->stream) == count)
        return STATUS_OK;
    return FAIL(IO, "%s: can't be written: %s", path, strerror(errno));
}

static enum status put_items(struct file_writer *writer, const char *path, const struct safetensors_content *content)
{
    int64_t most = 1;
    for (int i = 0; i < content->items; i++) {
        int64_t bytes = item_bytes(&content->item[i]);
        most = bytes > most ? bytes : most;
    }
    void *data = malloc((size_t)most);
    enum status status = data ? STATUS_OK : FAIL(NO_MEMORY, "no memory for a tensor of %lld bytes", (long long)most);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < content->items && status == STATUS_OK; i++) {
            if (!in_round(&content->item[i], round))
                continue;
            status = content->fill(content->user, i, data);
            if (status == STATUS_OK)
                status = put(writer, path, data, (size_t)item_bytes(&content->item[i]));
        }
    }
    free(data);
    return status;
}

enum status safetensors_write(const char *path, const struct safetensors_content *content)
{
    struct file_writer writer;
    struct strbuf header;
    unsigned char prefix[SAFETENSORS_PREFIX];
    enum status status;
    strbuf_init(&header);
    make_header(&header, content);
    for (int i = 0; i < SAFETENSORS_PREFIX; i++)
        prefix[i] = (unsigned char)((uint64_t)header.length >> 8 * i);
    TRY_OUT(file_create(&writer, path));
    TRY_OUT(put(&writer, path, prefix, sizeof prefix));
    TRY_OUT(put(&writer, path, header.text, header.length));
    TRY_OUT(put_items(&writer, path, content));
    TRY_OUT(file_commit(&writer));
out:
    file_abandon(&writer);
    strbuf_release(&header);
    return status;
}
