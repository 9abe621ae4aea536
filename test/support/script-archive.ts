/** Small TorchScript archives: one module with a weight, shape (1, 2), and a bias, whose forward is given as code. */
import { join, zipOf } from './sb3-archive.ts'

const text = (s: string) => new Uint8Array(Buffer.from(s, 'latin1'))
const u32 = (x: number) => new Uint8Array(Uint32Array.of(x).buffer)
const string = (s: string) => join(text('X'), u32(text(s).length), text(s))
const int = (x: number) => join(text('J'), u32(x))
const tuple = (...items: Uint8Array[]) => join(text('('), ...items, text('t'))

function tensor(key: string, shape: number[], strides: number[]): Uint8Array {
  const count = shape.reduce((product, n) => product * n, 1)
  const storage = tuple(string('storage'), text('ctorch\nFloatStorage\n'), string(key), string('cpu'), int(count))
  const args = tuple(join(storage, text('Q')), int(0), tuple(...shape.map(int)), tuple(...strides.map(int)), text('N'))
  return join(text('ctorch._utils\n_rebuild_tensor_v2\n'), args, text('R'))
}

const numbers = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer)

/** body: statements of forward(self, x) */
export function scriptArchive(body: readonly string[]): Uint8Array {
  const state = [string('weight'), tensor('0', [1, 2], [2, 1]), string('bias'), tensor('1', [1], [1])]
  const proto = Uint8Array.of(0x80, 2)
  const code = [
    'class Policy(Module):',
    '  __parameters__ = ["weight", "bias", ]',
    '  weight : Tensor',
    '  bias : Tensor',
    '  def forward(self: __torch__.Policy,',
    '    x: Tensor) -> Tensor:',
  ]
  return zipOf({
    'p/data.pkl': join(proto, text('c__torch__\nPolicy\n)\x81}('), ...state, text('ub.')),
    'p/constants.pkl': join(proto, text(').')),
    'p/code/__torch__.py': [...code, ...body.map((line) => `    ${line}`), ''].join('\n'),
    'p/data/0': numbers(1, 2),
    'p/data/1': numbers(0.5),
  })
}
