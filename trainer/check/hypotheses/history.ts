/** Frames of several steps in one observation: which is first, and whether frames or terms lie together. */
import type { Correction } from '../correction.ts'
import type { Hypothesis } from '../hypothesis.ts'
import { race } from '../race.ts'
import { fed } from './order.ts'

interface Stacked {
  frames: number
  feed: number[]
  words: string
}

/** feed: which column of the log each observation of the policy takes */
function stackings(o: number): Stacked[] {
  const found: Stacked[] = []
  const all = Array.from({ length: o }, (_, i) => i)
  for (let frames = 2; frames <= Math.min(32, o); frames++) {
    if (o % frames !== 0) continue
    const terms = o / frames
    const byFrame = (f: number, k: number) => f * terms + k
    const byTerm = (f: number, k: number) => k * frames + f
    const place = (to: typeof byFrame, from: typeof byFrame, reversed: boolean) => {
      const feed = [...all]
      for (let f = 0; f < frames; f++)
        for (let k = 0; k < terms; k++) feed[to(f, k)] = from(reversed ? frames - 1 - f : f, k)
      return feed
    }
    const order = 'the newest frame is first where the policy expects the oldest, or the other way round'
    found.push({ frames, feed: place(byFrame, byFrame, true), words: `in reverse order: ${order}` })
    if (terms === 1) continue
    found.push(
      { frames, feed: place(byTerm, byTerm, true), words: `in reverse order within each term: ${order}` },
      {
        frames,
        feed: place(byFrame, byTerm, false),
        words: 'stacked term by term where the policy expects frame by frame',
      },
      {
        frames,
        feed: place(byTerm, byFrame, false),
        words: 'stacked frame by frame where the policy expects term by term',
      },
    )
  }
  return found
}

export const historyHypothesis: Hypothesis = {
  name: 'history',
  about: 'stacked frames are in reverse order, or stacked the other way',
  fit: (bench) =>
    race(
      bench,
      stackings(bench.o).map((stacked) => ({ ...stacked, before: fed(stacked.feed) })),
      2,
    ).map(
      ({ frames, feed, words, before }): Correction => ({
        before,
        freedom: 0,
        choices: 4,
        finding: {
          mistake: `the ${frames} frames of ${feed.length / frames} in each observation are ${words}`,
          mend: words.startsWith('in reverse') ? 'reverse the frames' : 'stack them as the policy expects',
          names: [],
          values: [frames],
        },
      }),
    ),
}
