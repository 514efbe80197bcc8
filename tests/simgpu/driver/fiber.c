/* Fibers: on x86-64 a switch is a dozen instructions, elsewhere swapcontext (with a system call for the signal mask). */
#include "tests/simgpu/driver/fiber.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#define STACK_BYTES ((size_t)64 << 10)
#define GUARD_BYTES ((size_t)4 << 10)

struct fiber {
    void (*entry)(void *argument);
    void *argument;
    char *memory; /* a guard page, then the stack */
#ifdef __x86_64__
    void *stack_pointer;
#else
    ucontext_t context;
#endif
};

#ifdef __x86_64__
/* Pushes the registers that a call preserves, stores the stack pointer in *from, takes `to` for it, pops. */
void simgpu_fiber_swap(void **from, void *to);
__asm__(".text\n"
        ".globl simgpu_fiber_swap\n"
        ".hidden simgpu_fiber_swap\n"
        ".type simgpu_fiber_swap,@function\n"
        "simgpu_fiber_swap:\n"
        "  push %rbp\n  push %rbx\n  push %r12\n  push %r13\n  push %r14\n  push %r15\n"
        "  mov %rsp, (%rdi)\n"
        "  mov %rsi, %rsp\n"
        "  pop %r15\n  pop %r14\n  pop %r13\n  pop %r12\n  pop %rbx\n  pop %rbp\n"
        "  ret\n"
        ".size simgpu_fiber_swap,.-simgpu_fiber_swap\n");

/* A fiber's first frame: r12 holds the fiber. */
void simgpu_fiber_start(void);
__asm__(".text\n"
        ".hidden simgpu_fiber_start\n"
        ".globl simgpu_fiber_start\n"
        ".type simgpu_fiber_start,@function\n"
        "simgpu_fiber_start:\n"
        "  mov %r12, %rdi\n"
        "  call simgpu_fiber_run\n"
        "  ud2\n"
        ".size simgpu_fiber_start,.-simgpu_fiber_start\n");

__attribute__((visibility("hidden"), used)) void simgpu_fiber_run(struct fiber *fiber);
void simgpu_fiber_run(struct fiber *fiber)
{
    fiber->entry(fiber->argument);
    abort();
}

void fiber_reset(struct fiber *fiber)
{
    void **top = (void **)(void *)(fiber->memory + GUARD_BYTES + STACK_BYTES);

    *--top = NULL; /* keeps the stack 16-byte aligned at the call within simgpu_fiber_start */
    *--top = NULL;
    void (*start)(void) = simgpu_fiber_start;
    memcpy(--top, &start, sizeof start); /* where `ret` goes */
    *--top = NULL;  /* rbp */
    *--top = NULL;  /* rbx */
    *--top = fiber; /* r12 */
    *--top = NULL;  /* r13 */
    *--top = NULL;  /* r14 */
    *--top = NULL;  /* r15 */
    fiber->stack_pointer = top;
}

static void *own_stack;

void fiber_switch(struct fiber *from, struct fiber *to)
{
    simgpu_fiber_swap(from ? &from->stack_pointer : &own_stack, to ? to->stack_pointer : own_stack);
}
#else
static void start(unsigned low, unsigned high)
{
    struct fiber *fiber = (struct fiber *)((uintptr_t)low | (uintptr_t)high << 32);
    fiber->entry(fiber->argument);
    abort();
}

void fiber_reset(struct fiber *fiber)
{
    uintptr_t self = (uintptr_t)fiber;

    getcontext(&fiber->context);
    fiber->context.uc_stack.ss_sp = fiber->memory + GUARD_BYTES;
    fiber->context.uc_stack.ss_size = STACK_BYTES;
    fiber->context.uc_link = NULL;
    makecontext(&fiber->context, (void (*)(void))start, 2, (unsigned)self, (unsigned)(self >> 32));
}

static ucontext_t own_context;

void fiber_switch(struct fiber *from, struct fiber *to)
{
    swapcontext(from ? &from->context : &own_context, to ? &to->context : &own_context);
}
#endif

struct fiber *fiber_create(void (*entry)(void *argument), void *argument)
{
    struct fiber *fiber = calloc(1, sizeof *fiber);

    if (!fiber)
        return NULL;
    fiber->memory = mmap(NULL, GUARD_BYTES + STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (fiber->memory == MAP_FAILED) {
        free(fiber);
        return NULL;
    }
    mprotect(fiber->memory, GUARD_BYTES, PROT_NONE);
    fiber->entry = entry;
    fiber->argument = argument;
    fiber_reset(fiber);
    return fiber;
}

void fiber_destroy(struct fiber *fiber)
{
    munmap(fiber->memory, GUARD_BYTES + STACK_BYTES);
    free(fiber);
}

bool fiber_overflowed(const struct fiber *fiber, const void *address)
{
    return (const char *)address >= fiber->memory && (const char *)address < fiber->memory + GUARD_BYTES;
}
