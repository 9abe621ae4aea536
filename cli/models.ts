/** Where teachers and students are shipped: models/<task>/ of this checkout, or of a folder like it. */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))

export const shippedModels = join(root, 'models')

/** A task's own teacher, unless another is named. */
export const teacherIn = (models: string, task: string): string => join(models, task, 'teacher.safetensors')
