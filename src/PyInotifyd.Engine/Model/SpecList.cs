using System;
using System.Collections;
using System.Collections.Generic;

namespace PyInotifyd.Engine.Model;

/// <summary>A list that never changes and is equal to another one with equal elements, so that a reload can tell what is the same.</summary>
public sealed class SpecList<T> : IReadOnlyList<T>, IEquatable<SpecList<T>>
{
    private readonly T[] _items;

    /// <summary>Takes the elements; the array must not change afterwards.</summary>
    public SpecList(params T[] items)
    {
        _items = items;
    }

    /// <summary>The list without elements.</summary>
    public static SpecList<T> Empty { get; } = new();

    /// <inheritdoc/>
    public int Count => _items.Length;

    /// <inheritdoc/>
    public T this[int index] => _items[index];

    /// <summary>The elements as a span.</summary>
    public ReadOnlySpan<T> AsSpan() => _items;

    /// <inheritdoc/>
    public bool Equals(SpecList<T>? other)
    {
        if (other is null || other._items.Length != _items.Length)
        {
            return false;
        }

        for (int i = 0; i < _items.Length; i++)
        {
            if (!EqualityComparer<T>.Default.Equals(_items[i], other._items[i]))
            {
                return false;
            }
        }

        return true;
    }

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as SpecList<T>);

    /// <inheritdoc/>
    public override int GetHashCode() => _items.Length;

    /// <inheritdoc/>
    public IEnumerator<T> GetEnumerator() => ((IEnumerable<T>)_items).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => _items.GetEnumerator();
}
