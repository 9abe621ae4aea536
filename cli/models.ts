/** Where teachers and students are shipped: models/<task>/ of this package, or of a folder like it. */
import { join } from 'node:path'
import { root } from './package.ts'

export const shippedModels = join(root, 'models')

/** A task's own teacher, unless another is named. */
export const teacherIn = (models: string, task: string): string => join(models, task, 'teacher.safetensors')
