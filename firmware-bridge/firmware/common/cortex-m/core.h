// What every Cortex-M has alike.
#ifndef CORE_H_
#define CORE_H_

#define BARRIER() __asm__ volatile("dsb\nisb" ::: "memory")

#define NVIC_ISER 0xe000e100
#define NVIC_ICPR 0xe000e280

// From now on bytes may come in; an interrupt that came before is forgotten.
#define LISTEN()                                                      \
  do {                                                                \
    REGISTER(NVIC_ICPR + LINE_IRQ / 32 * 4) = 1u << LINE_IRQ % 32;    \
    REGISTER(NVIC_ISER + LINE_IRQ / 32 * 4) = 1u << LINE_IRQ % 32;    \
  } while (0)

#endif
