/** Where the parts of a transition lie in its row (transitions.ts). */
export interface Columns {
  observation: number
  action: number
  teacherAction: number
  reward: number
  next: number
  terminal: number
  timeout: number
  width: number
}

export function columnsOf(observationSize: number, actionSize: number): Columns {
  const [o, a] = [observationSize, actionSize]
  return {
    observation: 0,
    action: o,
    teacherAction: o + a,
    reward: o + 2 * a,
    next: o + 2 * a + 1,
    terminal: 2 * o + 2 * a + 1,
    timeout: 2 * o + 2 * a + 2,
    width: 2 * o + 2 * a + 3,
  }
}
