/* Reads what the agent left (agent_files.h). Lines that are not understood are another version's and are passed over. */
#include "importers/torch/agent_files.h"

#include <dirent.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/file.h"

/* ---- steps.tsv */

struct fact_row {
    const char *name;
    size_t offset;
    bool number;
};

#define TEXT_FACT(name) {#name, offsetof(struct agent_steps, name), false}
#define NUMBER_FACT(name) {#name, offsetof(struct agent_steps, name), true}

static const struct fact_row fact_rows[] = {
    TEXT_FACT(device),         TEXT_FACT(device_name), TEXT_FACT(library_versions), TEXT_FACT(model), TEXT_FACT(memory_format),
    TEXT_FACT(autocast_dtype), NUMBER_FACT(threads),   NUMBER_FACT(rank),           NUMBER_FACT(world_size),
};

static const char *const modes[] = {"undisturbed", "recorded", "timed"};

/* The next field of a line; the tab after it becomes its end. */
static char *field(char **rest)
{
    char *text = strsep(rest, "\t");
    return text ? text : "";
}

static void read_fact(struct agent_steps *self, char *rest)
{
    const char *name = field(&rest), *value = field(&rest);
    for (size_t i = 0; i < sizeof fact_rows / sizeof fact_rows[0]; i++) {
        void *member = (char *)self + fact_rows[i].offset;
        if (strcmp(name, fact_rows[i].name) != 0)
            continue;
        if (fact_rows[i].number)
            *(int64_t *)member = strtoll(value, NULL, 10);
        else
            *(const char **)member = value;
    }
}

static enum status read_step(struct agent_steps *self, char *rest)
{
    const char *mode = field(&rest);
    struct agent_step step = {0};
    int64_t *const number[] = {&step.index, &step.start_unix_ns, &step.dur_ns, &step.images};

    for (size_t i = 0; i < sizeof number / sizeof number[0]; i++) {
        const char *text = field(&rest);
        char *end;
        *number[i] = strtoll(text, &end, 10);
        if (end == text || *end)
            return STATUS_OK;
    }
    if (step.index < 0 || step.dur_ns <= 0)
        return STATUS_OK;
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        step.mode = modes[i];
        if (strcmp(mode, modes[i]) == 0)
            ARRAY_ADD(self, step, step);
    }
    return STATUS_OK;
}

static enum status read_note(struct agent_steps *self, char *rest)
{
    ARRAY_ADD(self, note, rest);
    return STATUS_OK;
}

enum status agent_steps_read(struct agent_steps *self, const char *path)
{
    *self = (struct agent_steps){.threads = -1, .rank = -1, .world_size = -1};
    strbuf_init(&self->text);
    TRY(file_read(path, &self->text));
    char *rest = self->text.text;
    while (rest && *rest) {
        char *line = strsep(&rest, "\n");
        const char *kind = field(&line);
        if (!line)
            continue;
        if (strcmp(kind, "fact") == 0)
            read_fact(self, line);
        else if (strcmp(kind, "step") == 0)
            TRY(read_step(self, line));
        else if (strcmp(kind, "note") == 0)
            TRY(read_note(self, line));
    }
    return STATUS_OK;
}

void agent_steps_release(struct agent_steps *self)
{
    strbuf_release(&self->text);
    free(self->step);
    free(self->note);
}

/* ---- the folder */

static enum status read_text(const char *folder, const char *name, struct strbuf *text)
{
    struct strbuf path;
    strbuf_init(&path);
    strbuf_printf(&path, "%s/%s", folder, name);
    strbuf_clear(text);
    enum status status = file_read(path.text, text);
    strbuf_release(&path);
    return status;
}

static void copy_line(char *out, size_t room, const char *text)
{
    size_t length = strcspn(text, "\n");
    if (length >= room)
        length = room - 1;
    memcpy(out, text, length);
    out[length] = 0;
}

/* "VERSION<tab>STEPS": a process that ended before its window began. */
static void read_seen(struct agent_left *self, const struct strbuf *text)
{
    const char *tab = strchr(text->text, '\t');
    int64_t steps = tab ? strtoll(tab + 1, NULL, 10) : 0;
    if (steps > self->optimizer_steps)
        self->optimizer_steps = steps;
}

static enum status read_rank(struct agent_left *self, const char *folder, const char *name)
{
    struct strbuf path;
    char *end;
    long rank = strtol(name + 4, &end, 10);

    if (*end || end == name + 4 || rank < 0 || rank > 1000000)
        return STATUS_OK;
    self->window = true;
    strbuf_init(&path);
    strbuf_printf(&path, "%s/%s/recorded.json", folder, name);
    bool there = access(path.text, R_OK) == 0;
    strbuf_release(&path);
    if (there)
        ARRAY_ADD(self, rank, (int)rank);
    return STATUS_OK;
}

static enum status read_entry(struct agent_left *self, const char *folder, const char *name, struct strbuf *text)
{
    if (strcmp(name, "entered") == 0)
        self->entered = true;
    else if (strncmp(name, "second.", 7) == 0)
        self->second++;
    else if (strncmp(name, "rank", 4) == 0)
        return read_rank(self, folder, name);
    else if (strcmp(name, "torch") == 0) {
        self->torch = true;
        TRY(read_text(folder, name, text));
        copy_line(self->torch_version, sizeof self->torch_version, text->text);
    } else if (strncmp(name, "failed.", 7) == 0) {
        TRY(read_text(folder, name, text));
        copy_line(self->failed, sizeof self->failed, text->text);
    } else if (strncmp(name, "seen.", 5) == 0) {
        TRY(read_text(folder, name, text));
        read_seen(self, text);
    }
    return STATUS_OK;
}

static int by_number(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

enum status agent_left_read(struct agent_left *self, const char *folder)
{
    struct strbuf text;
    const struct dirent *entry;
    enum status status = STATUS_OK;

    *self = (struct agent_left){.optimizer_steps = -1};
    strbuf_init(&text);
    DIR *dir = opendir(folder);
    if (!dir)
        TRY_OUT(FAIL(IO, "can't read the agent's folder %s: %s", folder, strerror(errno)));
    while ((entry = readdir(dir)))
        TRY_OUT(read_entry(self, folder, entry->d_name, &text));
    if (self->rank_count)
        qsort(self->rank, (size_t)self->rank_count, sizeof *self->rank, by_number);
out:
    if (dir)
        closedir(dir);
    strbuf_release(&text);
    return status;
}

void agent_left_release(struct agent_left *self)
{
    free(self->rank);
}
