/** The kinds of files that `bpd import` reads, one line each. */
import type { TeacherFormat } from './format.ts'
import { readSafetensors } from './safetensors.ts'
import { sb3Format } from './sb3.ts'

const safetensorsFormat: TeacherFormat = {
  name: 'a safetensors teacher',
  kind: 'teacher',
  read: async ({ bytes, name }) => readSafetensors(bytes, name),
}

export const teacherFormats: readonly TeacherFormat[] = [sb3Format, safetensorsFormat]
