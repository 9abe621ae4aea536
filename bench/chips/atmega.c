// simavr: an ATmega. Timer 1 counts eighths of cycles; simavr prints what goes over the line, and ends where the chip sleeps for ever.
#include "chip.h"
#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/sleep.h>

static volatile uint16_t rounds;

ISR(TIMER1_OVF_vect) { rounds++; }

void chip_start(void) {
  UCSR0B = 1 << TXEN0;
  TCCR1B = 1 << CS11;
  TIMSK1 = 1 << TOIE1;
  sei();
}

uint32_t chip_count(void) {
  cli();
  uint16_t low = TCNT1;
  uint16_t high = rounds;
  if ((TIFR1 & (1 << TOV1)) != 0) {
    high++;
    low = TCNT1;
  }
  sei();
  return 8 * (((uint32_t)high << 16) | low);
}

void chip_write(char letter) {
  while (!(UCSR0A & (1 << UDRE0))) {
  }
  UDR0 = (uint8_t)letter;
}

void chip_end(void) {
  cli();
  sleep_mode();
}
