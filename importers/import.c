/* Files of any known format into one trace. */
#include "importers/importer.h"

#include <ctype.h>
#include <string.h>

#include "base/strbuf.h"
#include "importers/job_int.h"
#include "importers/source.h"

#define HEAD_BYTES ((size_t)64 << 10)
#define SHOWN_BYTES 40 /* of a file that nobody takes */

#define IMPORTER(name) extern const struct importer importer_##name;
#include "importers/importers.def"
#undef IMPORTER

static const struct importer *const importers[] = {
#define IMPORTER(name) &importer_##name,
#include "importers/importers.def"
#undef IMPORTER
};

/* "begins with "<html>"", unprintable bytes as dots. */
static void describe_head(struct strbuf *out, const char *head, size_t length)
{
    if (length == 0) {
        strbuf_append(out, "is empty");
        return;
    }
    strbuf_append(out, "begins with \"");
    for (size_t i = 0; i < length && i < SHOWN_BYTES; i++) {
        char shown = isprint((unsigned char)head[i]) ? head[i] : '.';
        strbuf_append_bytes(out, &shown, 1);
    }
    strbuf_append(out, "\"");
}

/* Files that stand beside what can be read, and how to make it of them. */
static const char *way_from(const char *path)
{
    static const struct {
        const char *ending, *way;
    } ways[] = {
        {".nsys-rep", "export it first: nsys export --type=sqlite FILE"},
        {".qdrep", "export it first: nsys export --type=sqlite FILE"},
        {".ncu-rep", "Nsight Compute has no time line; record with nsys"},
        {".pickle", "a memory snapshot has no time line; record with torch.profiler"},
    };
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        size_t length = strlen(path), ending = strlen(ways[i].ending);
        if (length > ending && strcmp(path + length - ending, ways[i].ending) == 0)
            return ways[i].way;
    }
    return NULL;
}

static enum status unknown_format(const char *path, const char *head, size_t length)
{
    enum status status;
    struct strbuf text;
    const char *way = way_from(path);

    if (way)
        return FAIL(UNSUPPORTED, "%s: can't be read as it is; %s", path, way);
    strbuf_init(&text);
    describe_head(&text, head, length);
    strbuf_append(&text, "; what can be read: ");
    for (size_t i = 0; i < sizeof importers / sizeof importers[0]; i++)
        strbuf_printf(&text, "%s%s", i ? ", " : "", importers[i]->what);
    status = FAIL(UNSUPPORTED, "%s: is in no known format, it %s", path, text.text);
    strbuf_release(&text);
    return status;
}

enum status import_sniff(const char *path, const struct importer **out)
{
    static _Thread_local char head[HEAD_BYTES];
    size_t length;

    *out = NULL;
    TRY(source_head(path, head, sizeof head, &length));
    for (size_t i = 0; i < sizeof importers / sizeof importers[0]; i++) {
        if (importers[i]->sniff(head, length)) {
            *out = importers[i];
            return STATUS_OK;
        }
    }
    return unknown_format(path, head, length);
}

/* Of the files, those that are traces by themselves. */
static enum status count_traces(const char *const *paths, int count, int *traces)
{
    const struct importer *importer;

    *traces = 0;
    for (int i = 0; i < count; i++) {
        TRY(import_sniff(paths[i], &importer));
        *traces += !importer->beside;
    }
    if (*traces == 0)
        return FAIL(USAGE, "%s: belongs to a trace that is not among the files; name that, too", paths[0]);
    return STATUS_OK;
}

enum status import_files(const char *const *paths, int count, const char *out)
{
    const struct importer *importer;
    struct job *job = NULL;
    enum status status;
    int traces;

    TRY(count_traces(paths, count, &traces));
    TRY_OUT(job_create(out, &job));
    job_expect_ranks(job, traces);
    for (int i = 0; i < count; i++) {
        TRY_OUT(import_sniff(paths[i], &importer));
        TRY_OUT(importer->read(job, paths[i]));
    }
    return job_finish(job);
out:
    job_abandon(job);
    return status;
}
