/** Who computes the training step: the fast kernels, or the readable reference on tfjs. */
import { Trainer } from './trainer.ts'

export const backendNames = ['fast', 'reference'] as const
export type BackendName = (typeof backendNames)[number]

/** The reference's packages are loaded only where it is asked for. */
export async function loadBackend(name: BackendName): Promise<typeof Trainer> {
  if (name === 'fast') return Trainer
  const { startTensorflow } = await import('./reference/tensorflow.ts')
  await startTensorflow()
  const { ReferenceTrainer } = await import('./reference/trainer.ts')
  return ReferenceTrainer
}
