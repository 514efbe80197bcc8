/* Pass: a step's round trips become rows; in cost steps, conversions and round trips are added to their groups. */
#include <math.h>
#include <string.h>

#include "analysis/analysis_int.h"

struct writer {
    sqlite3_stmt *trip, *member;
};

static enum status insert(sqlite3_stmt *row)
{
    int more;
    TRY(trace_step(row, &more));
    sqlite3_reset(row);
    return STATUS_OK;
}

static void bind_known(sqlite3_stmt *row, int position, int64_t value)
{
    if (value < 0)
        sqlite3_bind_null(row, position);
    else
        trace_bind_int(row, position, value);
}

static bool has_word(const char *list, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = strstr(list, word); at; at = strstr(at + 1, word)) {
        if ((at == list || at[-1] == ' ') && (at[length] == '\0' || at[length] == ','))
            return true;
    }
    return false;
}

/* "a@x, b@y": the members of one role in path order, each once. */
static void append_members(struct analysis *self, struct strbuf *out, const struct trip *trip, enum member_role role)
{
    struct strbuf one;
    strbuf_init(&one);
    for (int i = 0; i < trip->members; i++) {
        const struct trip_member *member = &self->pattern->members[trip->first_member + i];
        if (member->role != role)
            continue;
        strbuf_clear(&one);
        append_instance(self, &one, self->step.ops[member->op].name, self->step.ops[member->op].path);
        if (!has_word(out->text, one.text))
            strbuf_printf(out, "%s%s", out->length ? ", " : "", one.text);
    }
    strbuf_release(&one);
}

static void add_known(int64_t *sum, int64_t value)
{
    if (value >= 0)
        *sum = (*sum < 0 ? 0 : *sum) + value;
}

static void bind_costs(sqlite3_stmt *row, const struct step *step, const struct trip *trip)
{
    int64_t dur = -1, exposed = -1, bytes = -1;
    int counted[] = {trip->counts_opening ? trip->opening : -1, trip->counts_closing ? trip->closing : -1};
    for (int i = 0; i < 2; i++) {
        if (counted[i] < 0)
            continue;
        add_known(&dur, step->conversions[counted[i]].dur_ns);
        add_known(&exposed, step->conversions[counted[i]].exposed_ns);
        add_known(&bytes, step->conversions[counted[i]].bytes);
    }
    bind_known(row, 7, dur);
    bind_known(row, 8, exposed);
    bind_known(row, 9, bytes);
}

static enum status store_members(struct analysis *self, struct writer *writer, const struct trip *trip, int64_t trip_id)
{
    static const char *const roles[] = {"culprit", "carrier", "consumer"};
    for (int i = 0; i < trip->members; i++) {
        const struct trip_member *member = &self->pattern->members[trip->first_member + i];
        trace_bind_int(writer->member, 1, trip_id);
        trace_bind_int(writer->member, 2, i);
        trace_bind_int(writer->member, 3, self->step.ops[member->op].op_id);
        sqlite3_bind_text(writer->member, 4, roles[member->role], -1, SQLITE_STATIC);
        TRY(insert(writer->member));
    }
    return STATUS_OK;
}

static char *members_text(struct analysis *self, const struct trip *trip, enum member_role role)
{
    struct strbuf text;
    strbuf_init(&text);
    append_members(self, &text, trip, role);
    return strbuf_take(&text);
}

static enum status store_trip(struct analysis *self, struct writer *writer, struct trip *trip)
{
    static const char *const kinds[] = {"forward", "backward", "library"};

    if (!trip->culprits) {
        trip->culprits = members_text(self, trip, MEMBER_CULPRIT);
        trip->carriers = members_text(self, trip, MEMBER_CARRIER);
    }
    bind_known(writer->trip, 1, self->now->step_id);
    sqlite3_bind_text(writer->trip, 2, kinds[trip->kind], -1, SQLITE_STATIC);
    sqlite3_bind_text(writer->trip, 3, trip->culprits, -1, SQLITE_STATIC);
    sqlite3_bind_text(writer->trip, 4, trip->carriers, -1, SQLITE_STATIC);
    bind_known(writer->trip, 5, trip->opening < 0 ? -1 : self->step.conversions[trip->opening].conversion_id);
    bind_known(writer->trip, 6, self->step.conversions[trip->closing].conversion_id);
    bind_costs(writer->trip, &self->step, trip);
    TRY(insert(writer->trip));
    return store_members(self, writer, trip, sqlite3_last_insert_rowid(self->db));
}

static enum status store_trips(struct analysis *self)
{
    struct writer writer = {0};
    enum status status;

    TRY_OUT(trace_prepare(self->db,
                          "INSERT INTO round_trip (step_id, kind, culprits, carriers, first_conversion_id,"
                          " last_conversion_id, dur_ns, exposed_ns, bytes) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                          &writer.trip));
    TRY_OUT(trace_prepare(self->db,
                          "INSERT INTO round_trip_member (round_trip_id, position, op_id, role)"
                          " VALUES (?1, ?2, ?3, ?4)",
                          &writer.member));
    for (int i = 0; i < self->pattern->trips_count; i++)
        TRY_OUT(store_trip(self, &writer, &self->pattern->trips[i]));
out:
    sqlite3_finalize(writer.trip);
    sqlite3_finalize(writer.member);
    return status;
}

static enum status add_occurrences(struct analysis *self)
{
    int key;
    for (int i = 0; i < self->step.ops_count; i++) {
        TRY(ledger_key(self, i, &key));
        struct key *k = &self->keys[key];
        k->phases |= self->step.ops[i].phase;
        if (!k->dark) {
            TRY(evidence_look(self, self->step.ops[i].def));
            k->dark = self->step.ops[i].def->evidence == EVIDENCE_NONE;
        }
        k->seen_steps += k->last_seen != self->now->cost;
        k->last_seen = self->now->cost;
    }
    return STATUS_OK;
}

static enum status add_conversions(struct analysis *self)
{
    for (int i = 0; i < self->step.conversions_count; i++) {
        const struct step_conversion *c = &self->step.conversions[i];
        int number = self->pattern->charge[i];
        if (number < 0)
            continue;
        struct group *group = &self->groups[number];
        group->conversions++;
        group->phases |= self->step.ops[c->op].phase;
        if (c->dur_ns >= 0) {
            group->timed++;
            group->dur_ns += (double)c->dur_ns;
        }
        if (c->exposed_ns >= 0) {
            group->exposures++;
            group->exposed_ns[self->now->cost] += (double)c->exposed_ns;
        }
        ARRAY_ADD(self, charges, (struct charge){c->conversion_id, number});
    }
    return STATUS_OK;
}

static enum status add_trips(struct analysis *self)
{
    for (int i = 0; i < self->pattern->trips_count; i++) {
        int set = self->pattern->trips[i].set, group;
        TRY(ledger_group(self, set, false, &group));
        self->groups[group].trips++;
        self->groups[group].phases |= self->step.ops[self->step.conversions[self->pattern->trips[i].closing].op].phase;
        for (int m = 0; m < self->sets[set].count; m++) {
            struct key *key = &self->keys[self->member[self->sets[set].first + m]];
            key->trip_steps += key->last_trip != self->now->cost;
            key->last_trip = self->now->cost;
        }
    }
    return STATUS_OK;
}

/* All conversions, also those under no operator. */
static void add_tally(struct analysis *self)
{
    double *dur_ns = &self->tally.dur_ns[self->now->cost];
    for (int i = 0; i < self->step.conversions_count; i++) {
        int64_t known = self->step.conversions[i].dur_ns;
        if (known >= 0)
            *dur_ns = (isnan(*dur_ns) ? 0 : *dur_ns) + (double)known;
    }
    self->tally.conversions[self->now->cost] += self->step.conversions_count;
    self->tally.trips[self->now->cost] += self->pattern->trips_count;
}

enum status pass_costs(struct analysis *self)
{
    TRY(store_trips(self));
    if (self->now->cost < 0)
        return STATUS_OK;
    add_tally(self);
    TRY(add_occurrences(self));
    TRY(add_conversions(self));
    return add_trips(self);
}
