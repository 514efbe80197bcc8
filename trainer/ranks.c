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

static enum status send_all(int socket, int rank, const void *bytes, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t more = send(socket, (const char *)bytes + done, size - done, MSG_NOSIGNAL);
        if (more < 0 && errno == EINTR)
            continue;
        if (more <= 0)
            return ended(rank);
        done += (size_t)more;
    }
    return STATUS_OK;
}

static enum status receive_all(int socket, int rank, void *bytes, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t more = recv(socket, (char *)bytes + done, size - done, 0);
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
        return receive_all(ranks->socket[0], 0, bytes, size);
    for (int rank = 1; rank < ranks->count; rank++)
        TRY(send_all(ranks->socket[rank], rank, bytes, size));
    return STATUS_OK;
}

enum status ranks_meet(struct ranks *ranks, bool stop)
{
    if (ranks->rank > 0)
        TRY(send_all(ranks->socket[0], 0, &stop, sizeof stop));
    for (int rank = 1; ranks->rank == 0 && rank < ranks->count; rank++) {
        bool other;
        TRY(receive_all(ranks->socket[rank], rank, &other, sizeof other));
        stop = stop || other;
    }
    TRY(ranks_share(ranks, &stop, sizeof stop));
    ranks->stopping = stop;
    return STATUS_OK;
}
