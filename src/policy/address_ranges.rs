//! Which entry stands for an address: a step function over one address family, made once, asked by binary search.

use std::net::IpAddr;

/// An address of one family as a number.
pub(super) trait Address: Copy + Ord {
    /// The address after this one.
    fn next(self) -> Option<Self>;
    /// The number of an address, if it is of this family.
    fn of(address: IpAddr) -> Option<Self>;
}

impl Address for u32 {
    fn next(self) -> Option<Self> {
        self.checked_add(1)
    }

    fn of(address: IpAddr) -> Option<Self> {
        match address {
            IpAddr::V4(v4) => Some(v4.to_bits()),
            IpAddr::V6(_) => None,
        }
    }
}

impl Address for u128 {
    fn next(self) -> Option<Self> {
        self.checked_add(1)
    }

    fn of(address: IpAddr) -> Option<Self> {
        match address {
            IpAddr::V4(_) => None,
            IpAddr::V6(v6) => Some(v6.to_bits()),
        }
    }
}

/// Disjoint ranges, sorted: range `i` goes from `starts[i]` to the octet before `starts[i + 1]`.
#[derive(Clone, Debug, Default)]
pub(super) struct AddressRanges<A> {
    starts: Box<[A]>,
    /// The entry of each range, or [`NOBODY`].
    owners: Box<[u32]>,
}

/// The owner of a gap.
const NOBODY: u32 = u32::MAX;

/// A block and the entry it belongs to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Claim<A> {
    pub(super) first: A,
    pub(super) last: A,
    pub(super) entry: u32,
}

impl<A: Address> AddressRanges<A> {
    /// Settles claims of CIDR blocks, which are disjoint or nested. `better` says whether the first entry, whose
    /// block lies inside the second's, stands for the addresses both hold.
    pub(super) fn new(mut claims: Vec<Claim<A>>, better: impl Fn(u32, u32) -> bool) -> Self {
        claims.sort_by(|a, b| a.first.cmp(&b.first).then(b.last.cmp(&a.last)));
        let mut steps = Steps(Vec::with_capacity(claims.len() * 2));
        let mut open: Vec<Claim<A>> = Vec::new();
        for claim in claims {
            while let Some(ended) = open.pop_if(|outer| outer.last < claim.first) {
                steps.close(ended, &open);
            }
            let entry = match open.last() {
                Some(outer) if !better(claim.entry, outer.entry) => outer.entry,
                Some(_) | None => claim.entry,
            };
            steps.begin(claim.first, entry);
            open.push(Claim { entry, ..claim });
        }
        while let Some(ended) = open.pop() {
            steps.close(ended, &open);
        }
        let (starts, owners): (Vec<_>, Vec<_>) = steps.0.into_iter().unzip();
        Self {
            starts: starts.into(),
            owners: owners.into(),
        }
    }

    /// The entry that stands for `address`.
    pub(super) fn find(&self, address: A) -> Option<u32> {
        let after = self.starts.partition_point(|start| *start <= address);
        let owner = *self.owners.get(after.checked_sub(1)?)?;
        (owner != NOBODY).then_some(owner)
    }
}

/// Where ranges begin and whose they are, in order and without repetition.
struct Steps<A>(Vec<(A, u32)>);

impl<A: Address> Steps<A> {
    fn begin(&mut self, start: A, owner: u32) {
        self.0.pop_if(|(last, _)| *last == start);
        if self.0.last().map_or(NOBODY, |(_, before)| *before) != owner {
            self.0.push((start, owner));
        }
    }

    /// After a block its surroundings stand again; nothing comes after the last address.
    fn close(&mut self, ended: Claim<A>, open: &[Claim<A>]) {
        if let Some(start) = ended.last.next() {
            self.begin(start, open.last().map_or(NOBODY, |outer| outer.entry));
        }
    }
}
