/** Returns of a teacher or a student on the reported episodes. */
import { loadPolicy } from '../../../runtime-as/kernel/policy.ts'
import { requireContract } from '../../contract.ts'
import { playEpisodes } from '../../data/episodes.ts'
import { Interrupted } from '../../interrupted.ts'
import { createTask } from '../../tasks/registry.ts'
import type { TaskSpec } from '../../tasks/task.ts'
import { actingBytes } from '../../teachers/policy.ts'
import { decodeTeacher, requireFit } from '../../teachers/teacher.ts'
import type { Store } from '../store.ts'
import type { Actor, EvaluateJob } from './job.ts'
import { teacherOf } from './needed.ts'
import type { Evaluated } from './results.ts'
import type { Work } from './work.ts'

export async function doEvaluate({ job, store, threads, signal, onProgress }: Work<EvaluateJob>): Promise<Evaluated> {
  const { task: taskName, seed, episodes } = job
  const policy = actorOf(store, job.actor, createTask(taskName).spec)
  const show = (done: number) => {
    if (signal?.aborted) throw new Interrupted('interrupted while evaluating')
    onProgress?.(done / episodes)
  }
  const outcomes = await playEpisodes({ taskName, policy }, { seed, purpose: 'report' }, episodes, threads, show)
  return {
    kind: 'evaluate',
    returns: outcomes.map((outcome) => outcome.return),
    fell: outcomes.map(({ fell }) => fell),
  }
}

function actorOf(store: Store, actor: Actor, spec: TaskSpec): Uint8Array {
  if ('teacher' in actor) {
    const teacher = teacherOf(store, actor.teacher)
    requireFit(teacher, spec, 'teacher')
    return actingBytes(teacher, spec)
  }
  const { result } = store.done(actor.student)
  // a small network that learnt online is its own student
  if (result.kind === 'teach')
    return actingBytes(decodeTeacher(Buffer.from(result.teacher, 'base64'), actor.student), spec)
  const { picked, points } = store.result(actor.student, 'distil')
  const bytes = Buffer.from((actor.point === undefined ? picked : points[actor.point]).policy, 'base64')
  requireContract(loadPolicy(bytes).contract, spec, 'student')
  return bytes
}
