// What a chip has for harness.c.
#ifndef CHIP_H
#define CHIP_H
#include <stdint.h>
#ifdef __AVR__
#include <avr/io.h>
#endif

// clock, FPU and line are ready, the counter runs
void chip_start(void);
// instructions or cycles
uint32_t chip_count(void);
void chip_write(char letter);
void chip_end(void);

// inferences that are counted together: more where the counter is coarse
#ifndef REPEATS
#define REPEATS 1
#endif
// where the stack ends
static inline volatile uint8_t *chip_stack(void) {
#ifdef __AVR__
  return (volatile uint8_t *)SP;
#else
  volatile uint8_t *sp;
#ifdef __riscv
  __asm__ volatile("mv %0, sp" : "=r"(sp));
#else
  __asm__ volatile("mov %0, sp" : "=r"(sp));
#endif
  return sp;
#endif
}

// bytes of it that are looked at, and those before them, in which the looking itself is done
#ifndef STACK_PAINTED
#define STACK_PAINTED 2048
#define STACK_OWN 64
#endif
#endif
