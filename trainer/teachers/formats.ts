/** The kinds of files that `bpd import` reads, one line each. */
import type { TeacherFormat } from './format.ts'
import { npzFormat } from './npz.ts'
import { onnxFormat } from './onnx/format.ts'
import { readSafetensors } from './safetensors.ts'
import { sb3Format } from './sb3.ts'
import { tensorsFormat } from './state-dict.ts'
import { torchFormat } from './torch/format.ts'

const safetensorsFormat: TeacherFormat = {
  name: 'a safetensors teacher',
  kind: 'teacher',
  takes: [],
  read: async ({ bytes, name }) => readSafetensors(bytes, name),
}

export const teacherFormats: readonly TeacherFormat[] = [
  sb3Format,
  safetensorsFormat,
  onnxFormat,
  torchFormat,
  tensorsFormat,
  npzFormat,
]
