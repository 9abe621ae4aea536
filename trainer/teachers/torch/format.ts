/** PyTorch files: state dicts as trainers save them, and TorchScript archives. */
import { InputError } from '../../../runtime-as/errors.ts'
import type { TeacherFormat } from '../format.ts'
import { readTorchFile } from '../pickle-torch.ts'
import { fromStateDict } from '../state-dict.ts'
import { Unpacking } from '../zip.ts'
import { foreign, stateDictIn } from './checkpoint.ts'
import { fromScript, isScript } from './script.ts'

export const torchFormat: TeacherFormat = {
  name: 'a PyTorch file',
  kind: 'torch',
  takes: ['observations', 'activation', 'output', 'actionLow', 'actionHigh'],
  async read({ bytes, name }, said) {
    const file = await readTorchFile(bytes, name, { unpacking: new Unpacking(), unknown: foreign })
    if (isScript(file)) {
      if (said.activation !== undefined)
        throw new InputError(`${name}: a TorchScript archive, which says itself what --activation would say`)
      return fromScript(file, said, name)
    }
    if (said.observations !== undefined)
      throw new InputError(`${name}: weights, whose sizes say what --observations would say`)
    return fromStateDict(stateDictIn(file, name), said, name)
  },
}
