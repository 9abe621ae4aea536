/** Two programs that show the policy at work on an Arduino, and on whatever speaks its words. */
import { comment } from '../c/text.ts'
import type { Program } from '../program.ts'

export const selfTestSketch = (
  name: string,
): string => `// Says over the serial line whether this board gives the policy's actions, bit for bit, and how long an inference takes.
#include <${name}.h>

static float observation[${name.toUpperCase()}_OBSERVATIONS], action[${name.toUpperCase()}_ACTIONS];

void setup() {
  Serial.begin(115200);
  while (!Serial) {
  }
  const int result = ${name}_self_test();
  if (result == 0) Serial.println(F("${name}: the same bits"));
  else if (result < 0) Serial.println(F("${name}: float arithmetic is not IEEE 754 here"));
  else {
    Serial.print(F("${name}: differs in vector "));
    Serial.println(result - 1);
  }
  const unsigned long before = micros();
  for (int i = 0; i < 20; i++) ${name}_step(observation, action);
  Serial.print(F("${name}: an inference of zeros takes "));
  Serial.print((micros() - before) / 20);
  Serial.println(F(" us"));
}

void loop() {
}
`

export function controlLoopSketch({ observations, actions, period }: Program, name: string): string {
  const P = name.toUpperCase()
  const list = (names: string[]) => names.map((item, i) => `//   ${String(i).padEnd(3)} ${comment(item)}`).join('\n')
  return `// A control loop at the policy's rate, every ${period} us. Where it says "yours", put your sensors and motors.
#include <${name}.h>

static float observation[${P}_OBSERVATIONS], action[${P}_ACTIONS];
static unsigned long next_tick;
static unsigned long late;

// yours: fills the observation, in this order and these units; false: a sensor does not answer
${list(observations)}
static bool read_sensors(float *x) {
  for (int i = 0; i < ${P}_OBSERVATIONS; i++) x[i] = 0.0f;
  return true;
}

// yours: what the numbers of the action do
${list(actions)}
static void drive_motors(const float *u) {
  (void)u;
}

// what to do where nothing can be computed: the contract's failsafe
static void fail_safe() {
  static const float failsafe[${P}_ACTIONS] = ${P}_FAILSAFE;
  drive_motors(failsafe);
}

void setup() {
  Serial.begin(115200);
  fail_safe();
  if (${name}_self_test() != 0) {
    // never drive a robot with a policy that this board computes wrong
    for (;;) {
      Serial.println(F("${name}: self-test failed"));
      delay(1000);
    }
  }
  next_tick = micros();
}

void loop() {
  // the difference wraps as micros() does, so the loop goes on after 71 minutes
  const long early = (long)(next_tick - micros());
  if (early > 0) return;
  if (early < -(long)${P}_PERIOD_US) {
    late++;
    next_tick = micros();
  }
  next_tick += ${P}_PERIOD_US;
  if (!read_sensors(observation)) {
    fail_safe();
    return;
  }
  ${name}_step(observation, action);
  drive_motors(action);
}
`
}
