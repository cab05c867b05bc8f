/**
 * A program's services, each made when something of it is first used: a command does not pay for what it does not need.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"

/** A service, and the layer that makes it. */
type Entry = readonly [service: Context.Key<unknown, object>, layer: Layer.Any]

type Given<Entries extends ReadonlyArray<Entry>> = Entries[number][0]["Identifier"]
type Layers<Entries extends ReadonlyArray<Entry>> = Entries[number][1]

/** What keeps a list from being whole: services that no layer makes, or none that is listed; and ways to fail. */
type Faults<Entries extends ReadonlyArray<Entry>> =
  | Exclude<Given<Entries>, Layer.Success<Layers<Entries>>>
  | Exclude<Layer.Services<Layers<Entries>>, Given<Entries> | Scope.Scope>
  | Layer.Error<Layers<Entries>>

/** Stands for an object that is made when it is first asked for something. */
const late = (make: () => object): object => {
  let made: object | undefined
  const object = () => made ??= make()
  return new Proxy({}, {
    get: (_, key) => Reflect.get(object(), key),
    has: (_, key) => Reflect.has(object(), key),
    ownKeys: () => Reflect.ownKeys(object()),
    getOwnPropertyDescriptor: (_, key) => Reflect.getOwnPropertyDescriptor(object(), key)
  })
}

/**
 * All services of a program as one layer. Their order does not matter: each is made from the others. Their layers must
 * not wait for anything, nor need each other in a circle. What they hold ends with the whole,
 * last made first.
 */
export const onDemand = <const Entries extends ReadonlyArray<Entry>>(
  ...entries: Entries & ([Faults<Entries>] extends [never] ? unknown : { readonly faults: Faults<Entries> })
): Layer.Layer<Given<Entries>> =>
  Layer.effectContext(Effect.gen(function*() {
    const memory = Layer.makeMemoMapUnsafe()
    /** Who needed another one is behind it. */
    const scopes: Array<Scope.Closeable> = []
    yield* Effect.addFinalizer((exit) =>
      Effect.forEach(scopes.toReversed(), (scope) => Scope.close(scope, exit), { discard: true })
    )
    let services = yield* Effect.context()
    const make = ([service, layer]: Entry) => {
      const scope = Scope.makeUnsafe()
      const built = Layer.buildWithMemoMap(layer as Layer.Layer<never>, memory, scope)
      const context = Effect.runSyncWith(services)(built)
      scopes.push(scope)
      return Context.getUnsafe(context, service)
    }
    for (const entry of entries as ReadonlyArray<Entry>) {
      services = Context.add(services, entry[0], late(() => make(entry)))
    }
    return services as Context.Context<Given<Entries>>
  }))
