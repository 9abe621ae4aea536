/** A robot of the physics engine, in depth: its own bodies, on a floor of squares of a metre. */
import {
  ArrowHelper,
  BoxGeometry,
  BufferGeometry,
  CapsuleGeometry,
  Color,
  CylinderGeometry,
  DirectionalLight,
  Float32BufferAttribute,
  Group,
  HemisphereLight,
  LineBasicMaterial,
  LineSegments,
  Matrix4,
  Mesh,
  MeshBasicMaterial,
  MeshLambertMaterial,
  PerspectiveCamera,
  Scene as Space,
  SphereGeometry,
  Vector3,
  WebGLRenderer,
} from 'three'
import { MujocoTask } from '../../trainer/tasks/mujoco/environment.ts'
import type { Task } from '../../trainer/tasks/task.ts'
import type { Push } from '../run/tasks.ts'
import { type Colours, sized } from './canvas.ts'
import type { Scene } from './scene.ts'
import { drawsInSoftware } from './software.ts'

/** mjtGeom */
const [SPHERE, CAPSULE, CYLINDER, BOX] = [2, 3, 5, 6]
const TORSO = 1
/** metres of floor to each side */
const FLOOR = 12
const NEAR = -3
/** of what is round: where software draws, corners take most of a frame's time */
const [SIDES, SHADOW_SIDES] = [12, 8]
/** along the light, onto the floor */
const SHADOW = new Matrix4().set(1, 0, -0.25, 0, 0, 1, 0.35, 0, 0, 0, 0, 0.004, 0, 0, 0, 1)

interface Part {
  geom: number
  solid: Mesh
  shadow: Mesh
}

/** Throws where the browser has no WebGL. */
export function robotScene(canvas: HTMLCanvasElement, task: Task, role: 'teacher' | 'student'): Scene {
  if (!(task instanceof MujocoTask)) throw new Error('only a robot of the physics engine is drawn in depth')
  // smooth edges cost a graphics processor nothing, and what draws in its place much of a frame's time
  const renderer = new WebGLRenderer({ canvas, antialias: !drawsInSoftware(), alpha: true })
  const space = new Space()
  space.add(new HemisphereLight(0xffffff, 0xa0a0a0, 2.6))
  const sun = new DirectionalLight(0xffffff, 2.2)
  sun.position.set(2, -3, 6)
  space.add(sun)
  const body = new MeshLambertMaterial()
  const shade = new MeshBasicMaterial({ color: 0x000000, transparent: true, opacity: 0.16, depthWrite: false })
  const parts = partsOf(task, body, shade)
  const robot = new Group()
  robot.add(...parts.flatMap(({ solid, shadow }) => [shadow, solid]))
  const floor = floorLines()
  const arrow = new ArrowHelper(new Vector3(1, 0, 0), new Vector3(), 1, 0x000000, 0.16, 0.1)
  space.add(robot, floor, arrow)
  const camera = new PerspectiveCamera(34, 1, 0.1, 60)
  camera.up.set(0, 0, 1)

  const draw = (colours: Colours, push: Push, faded: boolean) => {
    const { width, height } = sized(canvas)
    renderer.setViewport(0, 0, canvas.width, canvas.height)
    const { data } = task.physics
    const place = data.xpos.subarray(3 * TORSO, 3 * TORSO + 3) as Float64Array
    pose(parts, data.geom_xpos as Float64Array, data.geom_xmat as Float64Array)
    body.color = new Color(colours[role])
    if (body.transparent !== faded) {
      body.opacity = faded ? 0.45 : 1
      // opaque parts are drawn in one go, whatever lies behind which
      body.transparent = faded
      body.needsUpdate = true
    }
    ;(floor.material as LineBasicMaterial).color = new Color(colours.line)
    floor.position.set(Math.round(place[0]), Math.round(place[1]), 0)
    aim(camera, place, width / height)
    point(arrow, place, push, colours.ink)
    renderer.render(space, camera)
  }
  return {
    draw,
    close() {
      for (const { solid, shadow } of parts) for (const { geometry } of [solid, shadow]) geometry.dispose()
      renderer.dispose()
    },
  }
}

function partsOf(task: MujocoTask, body: MeshLambertMaterial, shade: MeshBasicMaterial): Part[] {
  const { model } = task.physics
  const [types, sizes] = [model.geom_type as Int32Array, model.geom_size as Float64Array]
  return Array.from(types).flatMap((type, geom) => {
    const size = sizes.subarray(3 * geom, 3 * geom + 3)
    const [round, rough] = [geometryOf(type, size, SIDES), geometryOf(type, size, SHADOW_SIDES)]
    if (!round || !rough) return []
    const [solid, shadow] = [new Mesh(round, body), new Mesh(rough, shade)]
    for (const mesh of [solid, shadow]) {
      mesh.matrixAutoUpdate = false
      mesh.frustumCulled = false
    }
    return [{ geom, solid, shadow }]
  })
}

/** Of MuJoCo's sizes, round ones with so many sides; undefined: planes, and what no task here has. */
function geometryOf(type: number, [a, b, c]: Float64Array, sides: number): BufferGeometry | undefined {
  if (type === SPHERE) return new SphereGeometry(a, sides + 4, sides - 2)
  // along z there, along y here
  if (type === CAPSULE) return new CapsuleGeometry(a, 2 * b, sides / 4 + 1, sides).rotateX(Math.PI / 2)
  if (type === CYLINDER) return new CylinderGeometry(a, a, 2 * b, sides).rotateX(Math.PI / 2)
  if (type === BOX) return new BoxGeometry(2 * a, 2 * b, 2 * c)
  return undefined
}

function pose(parts: readonly Part[], places: Float64Array, turns: Float64Array): void {
  for (const { geom, solid, shadow } of parts) {
    const [x, y, z] = places.subarray(3 * geom)
    const r = turns.subarray(9 * geom)
    solid.matrix.set(r[0], r[1], r[2], x, r[3], r[4], r[5], y, r[6], r[7], r[8], z, 0, 0, 0, 1)
    shadow.matrix.multiplyMatrices(SHADOW, solid.matrix)
  }
}

function floorLines(): LineSegments {
  const points: number[] = []
  // not behind the camera: what software draws loses lines that are cut there
  for (let i = -FLOOR; i <= FLOOR; i++) points.push(i, NEAR, 0, i, FLOOR, 0)
  for (let i = NEAR; i <= FLOOR; i++) points.push(-FLOOR, i, 0, FLOOR, i, 0)
  const lines = new BufferGeometry().setAttribute('position', new Float32BufferAttribute(points, 3))
  return new LineSegments(lines, new LineBasicMaterial())
}

/** From the side and a little above, so far away that the robot fits whatever the shape of the picture. */
function aim(camera: PerspectiveCamera, [x, y]: Float64Array, aspect: number): void {
  const away = 4.1 * Math.max(1, 1.05 / aspect)
  camera.aspect = aspect
  camera.position.set(x + 0.25 * away, y - away, 0.9 + 0.22 * away)
  camera.lookAt(x, y, 0.62)
  camera.updateProjectionMatrix()
}

function point(arrow: ArrowHelper, [x, y, z]: Float64Array, [alongX, alongZ]: Push, ink: string): void {
  const length = Math.hypot(alongX, alongZ)
  arrow.visible = length > 0.02
  if (!arrow.visible) return
  arrow.position.set(x, y - 0.35, z)
  arrow.setDirection(new Vector3(alongX, 0, alongZ).normalize())
  arrow.setLength(1.1 * length, 0.16, 0.1)
  arrow.setColor(new Color(ink))
}
