/* What ranks tell each other: everybody to rank 0, rank 0 to everybody. */
#include "trainer/ranks.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static enum status ended(int rank)
{
    return FAIL(IO, "rank %d has ended, so this one stops too; what it said is above or below", rank);
}

/* All of the bytes, one way or the other. */
static enum status carry(bool out, int socket, int rank, void *bytes, size_t size)
{
    for (size_t done = 0; done < size;) {
        char *rest = (char *)bytes + done;
        ssize_t more = out ? send(socket, rest, size - done, MSG_NOSIGNAL) : recv(socket, rest, size - done, 0);
        if (more < 0 && errno == EINTR)
            continue;
        if (more <= 0)
            return ended(rank);
        done += (size_t)more;
    }
    return STATUS_OK;
}

enum status ranks_share(struct ranks *ranks, void *bytes, size_t size)
{
    if (ranks->rank > 0)
        return carry(false, ranks->socket[0], 0, bytes, size);
    for (int rank = 1; rank < ranks->count; rank++)
        TRY(carry(true, ranks->socket[rank], rank, bytes, size));
    return STATUS_OK;
}

enum status ranks_meet(struct ranks *ranks, bool stop)
{
    if (ranks->rank > 0)
        TRY(carry(true, ranks->socket[0], 0, &stop, sizeof stop));
    for (int rank = 1; ranks->rank == 0 && rank < ranks->count; rank++) {
        bool other;
        TRY(carry(false, ranks->socket[rank], rank, &other, sizeof other));
        stop = stop || other;
    }
    TRY(ranks_share(ranks, &stop, sizeof stop));
    ranks->stopping = stop;
    return STATUS_OK;
}
