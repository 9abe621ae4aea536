// What every RISC-V core of 32 bits has alike: machine mode, one handler for all that comes.
#ifndef CORE_H_
#define CORE_H_

#define BARRIER() __asm__ volatile("fence" ::: "memory")

// bits of mie, and the same numbers in mcause
#define TIMER_INTERRUPT 7u
#define EXTERNAL_INTERRUPT 11u
#define INTERRUPTS_ON 8u // of mstatus

// From now on bytes may come in, and the timer's interrupts.
#define LISTEN()                                                                                             \
  do {                                                                                                       \
    __asm__ volatile("csrs mie, %0" ::"r"(1u << TIMER_INTERRUPT | 1u << EXTERNAL_INTERRUPT) : "memory");     \
    __asm__ volatile("csrsi mstatus, %0" ::"i"(INTERRUPTS_ON) : "memory");                                   \
  } while (0)

#endif
