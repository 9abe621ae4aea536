/** Stable-Baselines3's VecNormalize: the running statistics of the observations, from the pickle that lies beside an archive. */
import { InputError } from '../../runtime-as/errors.ts'
import { readPickle } from './pickle.ts'
import { PickleBudget } from './pickle-budget.ts'
import { NumpyArray, numpyNames, PythonRecord, records } from './pickle-numpy.ts'

/** All that such a file may name: itself, what it holds, and the random state of the spaces. */
const names = new Map([
  ...numpyNames,
  ...records([
    'stable_baselines3.common.vec_env.vec_normalize VecNormalize',
    'stable_baselines3.common.running_mean_std RunningMeanStd',
    'gym.spaces.box Box',
    'gymnasium.spaces.box Box',
    'numpy.random._pickle __randomstate_ctor',
    'numpy.random._pickle __generator_ctor',
    'numpy.random._pickle __bit_generator_ctor',
  ]),
])

export interface ObservationStatistics {
  mean: Float64Array
  variance: Float64Array
  epsilon: number
  clip: number
}

/** Undefined where the file says that observations are not normalised. name: how errors call the file. */
export function readVecNormalize(bytes: Uint8Array, name: string): ObservationStatistics | undefined {
  const { value } = readPickle(bytes, name, { budget: new PickleBudget(name), names })
  if (!(value instanceof PythonRecord) || !value.className.endsWith(' VecNormalize'))
    throw new InputError(`${name}: expected a VecNormalize`)
  const { attributes } = value
  if (attributes.get('norm_obs') === false) return undefined
  const running = attributes.get('obs_rms')
  if (!(running instanceof PythonRecord))
    throw new InputError(`${name}: obs_rms: expected running statistics of one array`)
  const vector = (key: string) => {
    const array = running.attributes.get(key)
    if (!(array instanceof NumpyArray)) throw new InputError(`${name}: obs_rms.${key}: expected an array`)
    try {
      return array.vector()
    } catch (error) {
      throw new InputError(`${name}: obs_rms.${key}: ${(error as Error).message}`)
    }
  }
  const number = (key: string) => {
    const x = attributes.get(key)
    if (typeof x !== 'number' || !(x > 0)) throw new InputError(`${name}: ${key}: expected a number > 0`)
    return x
  }
  return { mean: vector('mean'), variance: vector('var'), epsilon: number('epsilon'), clip: number('clip_obs') }
}
