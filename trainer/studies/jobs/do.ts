/**
 * Does one job, over a store that has what it needs. The same job gives the same result, wherever it is done and however often it was cut off. Its
 * checkpoints stay until whoever asked has kept the result.
 */
import { FailedError } from '../../../runtime-as/errors.ts'
import { claimFolder } from '../../files/claim.ts'
import { prepareTask, requireListed, taskOrigin } from '../../tasks/registry.ts'
import { doCollect } from './collect.ts'
import { doDistil } from './distil.ts'
import { doEvaluate } from './evaluate.ts'
import { canonical, type Job } from './job.ts'
import type { JobResult } from './results.ts'
import { doTeach } from './teach.ts'
import type { Work } from './work.ts'

/** Throws Interrupted once the signal is aborted, InputError and FailedError as the steps themselves do. */
export async function doJob(work: Work): Promise<JobResult> {
  const { job, folder } = work
  await prepareTask(job.task)
  if (canonical(taskOrigin(job.task)?.files) !== canonical(job.origin))
    throw new FailedError(`${job.task}: was changed since the study began`)
  claimFolder(folder, [], { force: true })
  return await by(work)
}

function by(work: Work): Promise<JobResult> {
  const { job } = work
  switch (job.kind) {
    case 'teach':
      return doTeach({ ...work, job })
    case 'collect':
      return doCollect({ ...work, job })
    case 'distil':
      return doDistil({ ...work, job })
    case 'evaluate':
      return doEvaluate({ ...work, job })
  }
}

/** Of jobs that come from elsewhere: a task's name must never load a module or start a command. */
export const requireListedTask = (job: Job): void =>
  requireListed(job.task, ' (jobs from elsewhere name tasks that come with bpd)')
